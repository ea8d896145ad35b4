"""Hand files in: stored first, taken in by the worker."""

import itertools
from collections.abc import Iterator
from typing import Annotated

from django.http import Http404, HttpRequest
from ninja import Path, Query, Router, Status

from labeler.api import representations
from labeler.api.authentication import ApiKeyBearer, user_of
from labeler.api.paging import After, Limit, page
from labeler.api.problems import Problem
from labeler.api.routes import found
from labeler.api.schemas import Out
from labeler.datasets.imports import submission
from labeler.datasets.imports.files import Options, source_of
from labeler.datasets.models import Import
from pipeline.formats.catalog import READ
from pipeline.formats.options import Reading
from pipeline.schema import Json

router = Router(tags=["import"])
IMPORT = ApiKeyBearer("import")


@router.post(
    "/projects/{slug}/imports",
    auth=IMPORT,
    response={202: Json},
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/x-ndjson": {
                    "schema": {"type": "string"},
                    "example": '{"id": "1", "text": "We look for a welder."}\n',
                }
            },
        }
    },
)
def hand_in(
    request: HttpRequest,
    slug: found.Slug,
    format: Annotated[str, Query(max_length=20, description=", ".join(READ))] = "jsonl",  # noqa: A002
    # A `Query` that two parameters shared would give both the default of the last.
    name: Annotated[str, Query(min_length=1, max_length=200)] = "upload",
    source: Annotated[str, Query(max_length=200)] = "",
    language: Annotated[str, Query(min_length=1, max_length=20)] = "und",
    create: bool = False,
) -> Status[Json]:
    """The body is the file, of any size up to 2 GiB, best as JSON lines. 202: it is stored, and will be taken in;
    `GET` the import to follow it. The same file again is the same import."""
    project = found.project(slug)
    if format not in READ:
        raise Problem(400, f"format: given {format!r}, allowed: {', '.join(READ)}")
    options, by = Options(Reading(), source or source_of(name), language, create), user_of(request).labeler_id
    key = submission.new_key(by)
    try:
        sha256 = submission.store(key, _pieces(request))
    except submission.TooLarge as error:
        raise Problem(413, str(error)) from error
    same = Import.objects.filter(project=project, sha256=sha256, form=format, options=options.to_json())
    # One that a person looked at on the page and did not take in is not the same.
    stopped = (Import.State.FAILED, Import.State.DROPPED, Import.State.CHECKED, Import.State.CHECK)
    if before := same.exclude(key="").exclude(state__in=stopped).first():
        return Status(202, representations.job(before))
    return Status(
        202, representations.job(submission.ask(project, name, format, options, key, sha256, by, Import.State.WAITING))
    )


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    """The body as it arrives: never all of it in memory."""
    for _ in itertools.count():
        piece = bytearray()
        while len(piece) < submission.PIECE and (more := request.read(submission.PIECE - len(piece))):
            piece += more
        if not piece:
            return
        yield bytes(piece)


@router.get("/projects/{slug}/imports", auth=IMPORT, response={200: Out})
def imports(request: HttpRequest, slug: found.Slug, after: After = "", limit: Limit = 50) -> Json:
    return page(Import.objects.filter(project=found.project(slug)), after, limit, representations.job)


@router.get("/projects/{slug}/imports/{number}", auth=IMPORT, response={200: Json})
def one_import(request: HttpRequest, slug: found.Slug, number: Annotated[int, Path(ge=1, le=2**53)]) -> Json:
    """How far it has come, what was refused, and why."""
    row = Import.objects.filter(project=found.project(slug), pk=number).first()
    if row is None:
        raise Http404(f"there is no import {number}")
    return representations.job(row)
