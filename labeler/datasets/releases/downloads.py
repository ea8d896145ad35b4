"""Files of a published release on their way to whoever asks: by a link to the bucket, or through us."""

from collections.abc import Iterator

from django.http import HttpResponseRedirect, StreamingHttpResponse

from labeler.datasets.models import Release
from labeler.datasets.releases import plan
from labeler.services import cloud

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
