"""A published release on its way to whoever asks: found, as records, and its files by a link or through us."""

import io
from collections.abc import Iterator

from django.http import HttpResponseRedirect, StreamingHttpResponse

from labeler.datasets.models import Release
from labeler.datasets.releases import plan
from labeler.labeling.models import Project
from labeler.numbers import read_number
from labeler.services import cloud
from pipeline.errors import InvalidInput
from pipeline.formats import jsonl
from pipeline.formats.options import Reading
from pipeline.formats.record import Record

SECONDS = 300  # that a link works; a download that has begun goes on
PIECE = 1 << 20
OTHERS = ("manifest.json", "README.md", "card.html", plan.KEY)


class NoFile(LookupError):
    """The release is not published, or has no file of this name."""


def answer(release: Release, path: str, streamed: bool = False) -> HttpResponseRedirect | StreamingHttpResponse:
    """`path`: a file's key in the manifest, or one of `OTHERS`. Streamed where asked to, or where the bucket is out of
    a browser's reach; else a redirect to a fresh link. Raises `NoFile`."""
    keys = [one["key"] for one in release.manifest.get("files", ())]
    if release.state != Release.State.PUBLISHED or path not in (*keys, *OTHERS):
        raise NoFile(f"v{release.version} has no file {path!r}")
    key = release.prefix + path
    name = "".join(char if char.isalnum() or char in "-._" else "_" for char in path)
    name = f"{release.project.slug}-v{release.version}-{name}"
    link = "" if streamed else cloud().releases.link(key, name, SECONDS)
    if link:
        return HttpResponseRedirect(link)
    return StreamingHttpResponse(
        _pieces(key),
        content_type="application/octet-stream",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _pieces(key: str) -> Iterator[bytes]:
    at = 0
    while piece := cloud().releases.get_range(key, at, PIECE):
        yield piece
        at += len(piece)
        if len(piece) < PIECE:
            return


def find(project: Project, version: str) -> Release:
    """`v2` or `2`, or `latest`. Raises `InvalidInput`."""
    published = Release.objects.filter(project=project, state=Release.State.PUBLISHED).order_by("-version")
    number = version.removeprefix("v")
    found = None
    if version == "latest":
        found = published.first()
    elif wanted := read_number(number):
        found = published.filter(version=wanted).first()
    if found is None:
        there = ", ".join(f"v{one.version}" for one in published) or "none is published yet"
        raise InvalidInput("release", version, there)
    return found


def records(release: Release, split: str = "") -> Iterator[Record]:
    """A file at a time in memory. Raises `InvalidInput` for a split there is not."""
    splits = release.manifest["splits"]
    if split and split not in splits:
        raise InvalidInput("split", split, ", ".join(splits))
    for file in release.manifest["files"]:
        if file["format"] == "jsonl" and split in ("", file["split"]):
            body = cloud().releases.get(release.prefix + file["key"]).body
            for row in jsonl.read(io.BytesIO(body), Reading()):
                if row.record:
                    yield row.record
