"""Releases: have one built, read its manifest, download its files."""

from typing import Annotated

from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from ninja import Path, Query, Router, Status

from labeler.api import representations
from labeler.api.authentication import ApiKeyBearer, user_of
from labeler.api.paging import After, Limit, page
from labeler.api.repeats import once
from labeler.api.routes import found
from labeler.api.schemas import BuildRelease, Out
from labeler.datasets.models import Release
from labeler.datasets.releases import builder, published
from labeler.datasets.releases.options import Options
from labeler.datasets.releases.selection import Filters
from labeler.worker import commands
from pipeline.schema import Json

router = Router(tags=["release"])
READ = ApiKeyBearer("read")

Version = Annotated[str, Path(pattern=r"^v[0-9]{1,9}$", examples=["v1"])]


@router.get("/projects/{slug}/releases", auth=READ, response={200: Out})
def releases(request: HttpRequest, slug: found.Slug, after: After = "", limit: Limit = 50) -> Json:
    return page(Release.objects.filter(project=found.project(slug)), after, limit, representations.release)


@router.post(
    "/projects/{slug}/releases",
    auth=ApiKeyBearer("release"),
    response={202: Json},
)
def build(request: HttpRequest, slug: found.Slug, given: BuildRelease) -> Status[Json]:
    """Asks for the next version; `GET` it to follow. While one asked for in the same words is not finished, it is
    that one. `Idempotency-Key` is honoured."""
    project = found.project(slug)
    filters = Filters(tuple(given.languages), tuple(given.sources), given.gold)
    options = Options(tuple(given.formats), given.unit, given.shares, given.seed, given.licence, filters)

    def work() -> tuple[int, Json]:
        made = builder.ask(project, options, user_of(request).labeler_id)
        commands.send("release")
        return 202, representations.release(made)

    return Status(*once(request, work))


@router.get("/projects/{slug}/releases/{version}", auth=READ, response={200: Json})
def release(request: HttpRequest, slug: found.Slug, version: Version) -> Json:
    """With its manifest once it is published: posts, splits, files with their hashes."""
    return representations.release(_found(slug, version))


@router.get(
    "/projects/{slug}/releases/{version}/files/{path:path}",
    auth=READ,
    openapi_extra={
        "responses": {
            200: {"description": "the file", "content": {"application/octet-stream": {}}},
            302: {"description": "to a link that gives the file for some minutes, and needs no key"},
        }
    },
)
def file(
    request: HttpRequest,
    slug: found.Slug,
    version: Version,
    path: Annotated[str, Path(max_length=200)],
    stream: Annotated[bool, Query(description="the file itself, through the application; at most 6 MB on AWS")] = False,
) -> HttpResponseBase:
    """A file of a published release, by its `key` in the manifest; also manifest.json, README.md, card.html."""
    try:
        return published.answer(_found(slug, version), path, streamed=stream)
    except published.NoFile as error:
        raise Http404(str(error)) from None


def _found(slug: str, version: str) -> Release:
    row = (
        Release.objects.select_related("project").filter(project=found.project(slug), version=int(version[1:])).first()
    )
    if row is None:
        raise Http404(f"there is no release {version}")
    return row
