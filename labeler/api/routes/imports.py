"""Hand files in: stored first, taken in by the worker."""

import hashlib
import itertools
from collections.abc import Iterator
from typing import Annotated, Any

from django.http import Http404, HttpRequest
from django.utils import timezone
from ninja import Path, Query, Router, Status

from labeler.api import shown
from labeler.api.access import ApiKeyBearer, user_of
from labeler.api.paging import After, Limit, page
from labeler.api.problems import Problem
from labeler.api.routes import found
from labeler.api.schemas import Out
from labeler.cloud import cloud
from labeler.labeling import commands
from labeler.review.imports.run import Options
from labeler.review.models import Import
from pipeline.formats.catalog import READ
from pipeline.formats.options import Reading

router = Router(tags=["import"])
IMPORT = ApiKeyBearer("import")
PIECE = 8 << 20
MOST_BYTES = 2 << 30

Word = Annotated[str, Query(max_length=200)]
Language = Annotated[str, Query(max_length=20)]


@router.post(
    "/projects/{slug}/imports",
    auth=IMPORT,
    response={202: dict[str, Any]},
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
    name: Word = "upload",
    source: Word = "",
    language: Language = "und",
    create: bool = False,
) -> Any:
    """The body is the file, of any size up to 2 GiB, best as JSON lines. 202: it is stored, and will be taken in;
    `GET` the import to follow it. The same file again is the same import."""
    project = found.project(slug)
    if format not in READ:
        raise Problem(400, f"format: given {format!r}, allowed: {', '.join(READ)}")
    options = Options(Reading(), source or f"import:{name}", language, create).to_json()
    digest = hashlib.sha256()
    # Below handoff/, whose objects expire by themselves: what is refused or repeated needs no deleting.
    key = f"handoff/imports/{project.slug}/{timezone.now():%Y%m%dT%H%M%S.%f}-{user_of(request).labeler_id}/"
    size = 0
    for number, piece in enumerate(_pieces(request)):
        size += len(piece)
        if size > MOST_BYTES:
            raise Problem(413, f"{MOST_BYTES} bytes are allowed")
        digest.update(piece)
        cloud().posts.put(f"{key}{number:05}", piece, "application/octet-stream")
    if not size:
        raise Problem(400, "body: given nothing, allowed: a file")
    same = Import.objects.filter(project=project, sha256=digest.hexdigest(), form=format, options=options)
    if before := same.exclude(key="").exclude(state=Import.State.FAILED).first():
        return Status(202, shown.job(before))
    now = timezone.now()
    made = Import.objects.create(
        project=project,
        name=name,
        sha256=digest.hexdigest(),
        form=format,
        options=options,
        key=key,
        by=user_of(request).labeler_id,
        began_at=now,
        beat_at=now,
    )
    commands.send("import")
    return Status(202, shown.job(made))


def _pieces(request: HttpRequest) -> Iterator[bytes]:
    """The body as it arrives: never all of it in memory."""
    for _ in itertools.count():
        piece = bytearray()
        while len(piece) < PIECE and (more := request.read(PIECE - len(piece))):
            piece += more
        if not piece:
            return
        yield bytes(piece)


@router.get("/projects/{slug}/imports", auth=IMPORT, response={200: Out})
def imports(request: HttpRequest, slug: found.Slug, after: After = "", limit: Limit = 50) -> Any:
    return page(Import.objects.filter(project=found.project(slug)), after, limit, shown.job)


@router.get("/projects/{slug}/imports/{number}", auth=IMPORT, response={200: dict[str, Any]})
def one_import(request: HttpRequest, slug: found.Slug, number: Annotated[int, Path(ge=1, le=2**53)]) -> Any:
    """How far it has come, what was refused, and why."""
    row = Import.objects.filter(project=found.project(slug), pk=number).first()
    if row is None:
        raise Http404(f"there is no import {number}")
    return shown.job(row)
