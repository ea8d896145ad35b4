"""The archive: prepared posts as gzip JSON Lines, many to an object, since a PUT costs more than the post in it."""

import gzip
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from pipeline.messages import loads
from pipeline.ports import Listed, ObjectStore
from pipeline.schema import Json

CONTENT_TYPE = "application/gzip"
LEVEL = 4  # 6 takes twice as long for two per cent less


def posts_key(project: str, day: datetime, lines: Sequence[bytes]) -> str:
    """Where a batch of prepared posts goes. Named by its content, so that a repeat writes the same object again."""
    return f"posts/{project}/{day:%Y/%m/%d}/{_name(lines)}.jsonl.gz"


def refused_key(project: str, day: datetime, lines: Sequence[bytes]) -> str:
    """Where a batch of refused posts goes."""
    return f"refused/{project}/{day:%Y/%m/%d}/{_name(lines)}.jsonl.gz"


def packed(lines: Iterable[bytes]) -> bytes:
    return gzip.compress(b"".join(line + b"\n" for line in lines), LEVEL, mtime=0)


def rows(store: ObjectStore, key: str) -> Iterator[Json]:
    """The rows of one archive object, in order."""
    for line in gzip.decompress(store.get(key).body).split(b"\n"):
        if line:
            yield loads(line)


def objects(store: ObjectStore, project: str, start_after: str = "") -> Iterator[Listed]:
    """The archive objects of a project, oldest day first."""
    return store.list(f"posts/{project}/", start_after)


def _name(lines: Sequence[bytes]) -> str:
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    return digest.hexdigest()[:32]
