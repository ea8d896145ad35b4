"""The archive: prepared posts as gzip JSON Lines, many to an object, since a PUT costs more than the post in it."""

import gzip
import hashlib
import sys
import zlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from pipeline.messages import loads
from pipeline.ports import Listed, ObjectStore
from pipeline.schema import Json, PostEnded, SchemaError

CONTENT_TYPE = "application/gzip"
LEVEL = 4  # 6 takes twice as long for two per cent less
POSTS, REFUSED, ENDED = "posts", "refused", "ended"
# What every row has: readers take it for granted.
NAMED = ("post_id", "revision", "preparation", "source", "language", "fetched_at", "text")
NAMED_OF_ENDED = ("post_id", "reason", "last_seen", "at")
AHEAD = 8  # objects being fetched while one is read


def key(kind: str, project: str, day: datetime, lines: Sequence[bytes]) -> str:
    """Where a batch goes; `kind`: `POSTS`, `REFUSED` or `ENDED`.

    Named by its content: a repeat writes the same object again.
    """
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line)
    return f"{kind}/{project}/{day:%Y/%m/%d}/{digest.hexdigest()[:32]}.jsonl.gz"


def compress(lines: Iterable[bytes]) -> bytes:
    return gzip.compress(b"".join(line + b"\n" for line in lines), LEVEL, mtime=0)


def objects(store: ObjectStore, kind: str, project: str, since: str = "") -> list[Listed]:
    """The objects of a project in the order of the days they were written; `since`: the first day, `2026-01-31`."""
    prefix = f"{kind}/{project}/"
    return list(store.list(prefix, prefix + since.replace("-", "/") if since else ""))


def rows(
    store: ObjectStore, listed: Iterable[Listed], broken: Callable[[str, Exception], object] | None = None
) -> Iterator[tuple[str, list[Json]]]:
    """(key, rows) of each object, in order; some are fetched ahead, so memory holds a few objects at a time.

    An object that cannot be read is told to `broken` and passed over; without it, its error is raised.
    """
    waiting: deque[tuple[str, Future[bytes]]] = deque()
    with ThreadPoolExecutor(AHEAD) as pool:
        for one in listed:
            waiting.append((one.key, pool.submit(lambda name: store.get(name).body, one.key)))
            if len(waiting) > AHEAD:
                yield from _read(*waiting.popleft(), broken)
        while waiting:
            yield from _read(*waiting.popleft(), broken)


def say_left_out(key: str, error: Exception) -> None:
    """What a command gives as `broken`."""
    print(f"left out: {key}: {error}", file=sys.stderr)


def _read(
    name: str, body: Future[bytes], broken: Callable[[str, Exception], object] | None
) -> Iterator[tuple[str, list[Json]]]:
    compressed = body.result()
    try:
        found = [_row(line) for line in gzip.decompress(compressed).split(b"\n") if line]
    except (OSError, EOFError, zlib.error, ValueError) as error:
        if broken is None:
            raise
        broken(name, error)
    else:
        yield name, found


def _row(line: bytes) -> Json:
    row = loads(line)
    for name in NAMED_OF_ENDED if row.get("schema") == PostEnded.SCHEMA else NAMED:
        if not isinstance(row.get(name), str):
            raise SchemaError(f"field {name!r}: given {row.get(name)!r:.80}, allowed: text")
    return row
