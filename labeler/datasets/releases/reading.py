"""A published release as records, out of its own files."""

import io
from collections.abc import Iterator

from labeler.datasets.models import Release
from labeler.labeling.models import Project
from labeler.services import cloud
from pipeline.errors import InvalidInput
from pipeline.formats import jsonl
from pipeline.formats.options import Reading
from pipeline.formats.record import Record


def find(project: Project, version: str) -> Release:
    """`v2` or `2`, or `latest`. Raises `InvalidInput`."""
    published = Release.objects.filter(project=project, state=Release.State.PUBLISHED).order_by("-version")
    number = version.removeprefix("v")
    found = None
    if version == "latest":
        found = published.first()
    elif number.isdecimal():
        found = published.filter(version=int(number)).first()
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
