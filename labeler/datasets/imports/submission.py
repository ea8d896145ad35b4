"""Files handed in from outside: stored first, in pieces, and looked at by the worker."""

import hashlib
from collections.abc import Iterable
from typing import BinaryIO

from django.utils import timezone

from labeler.datasets.imports.files import Options
from labeler.datasets.models import Import
from labeler.labeling.models import Project
from labeler.services import cloud
from labeler.worker import commands
from pipeline.errors import InvalidInput
from pipeline.ports import ObjectMissing

# Below handoff/, whose objects expire by themselves: what is refused or repeated needs no deleting.
PREFIX = "handoff/imports/"
PIECE = 8 << 20
MOST_BYTES = 2 << 30


class TooLarge(InvalidInput):
    """The file is larger than `MOST_BYTES`."""


def new_key(by: str) -> str:
    """Prefix of the pieces of a file that somebody hands in now."""
    return f"{PREFIX}{timezone.now():%Y%m%dT%H%M%S.%f}-{by}/"


def first_piece(key: str) -> str:
    """Where a file that comes in one goes."""
    return f"{key}00000"


def store(key: str, pieces: Iterable[bytes]) -> str:
    """Stores the pieces of a file as they arrive; returns its SHA-256. Raises `InvalidInput`, `TooLarge`."""
    digest, size = hashlib.sha256(), 0
    for number, piece in enumerate(pieces):
        size += len(piece)
        if size > MOST_BYTES:
            raise TooLarge("file", f"more than {MOST_BYTES} bytes", f"at most {MOST_BYTES} bytes")
        digest.update(piece)
        cloud().posts.put(f"{key}{number:05}", piece, "application/octet-stream")
    if not size:
        raise InvalidInput("file", "nothing", "a file")
    return digest.hexdigest()


def fetch(key: str, file: BinaryIO) -> None:
    """Puts the pieces together, at constant memory. Raises `ObjectMissing`."""
    for one in cloud().posts.list(key):
        for start in range(0, one.size, PIECE):
            file.write(cloud().posts.get_range(one.key, start, PIECE))
    if not file.tell():
        raise ObjectMissing(key)


def ask(project: Project, name: str, form: str, options: Options, key: str, sha256: str, by: str, state: str) -> Import:
    """An import for the worker. `state`: what it does first, `check` or `waiting`."""
    now = timezone.now()
    made = Import.objects.create(
        project=project,
        name=name[-200:],
        sha256=sha256,
        form=form,
        options=options.to_json(),
        key=key,
        by=by,
        began_at=now,
        beat_at=now,
        state=state,
    )
    commands.send("import")
    return made
