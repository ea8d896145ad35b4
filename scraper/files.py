"""Files as sources: a path, a folder, or a prefix of a bucket; gzip by name. Read as streams, in the order of names."""

import gzip
import hashlib
import io
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import IO, cast

from pipeline.ports import ObjectStore

CHUNK = 8_000_000  # bytes of an object that are fetched at a time

OpenBucket = Callable[[str], ObjectStore]


@dataclass(frozen=True)
class File:
    """One file. `digest` names its content, for rows that have no id of their own."""

    name: str
    raw: Callable[[], AbstractContextManager[IO[bytes]]]

    @cached_property
    def digest(self) -> str:
        with self.raw() as stream:
            return hashlib.file_digest(cast(io.BufferedReader, stream), "sha256").hexdigest()[:32]

    @contextmanager
    def open(self) -> Iterator[IO[bytes]]:
        """Its bytes, unpacked."""
        with self.raw() as stream:
            # What unpacks a stream does not close it.
            yield cast(IO[bytes], gzip.GzipFile(fileobj=stream)) if self.name.endswith(".gz") else stream


def find(address: str, suffix: str, open_bucket: OpenBucket) -> list[File]:
    """The files at an address. Raises ValueError when there are none."""
    if address.startswith("s3://"):
        bucket, _, prefix = address[5:].partition("/")
        store = open_bucket(bucket)
        found = [_object(store, one.key) for one in store.list(prefix)]
    else:
        path = Path(address.removeprefix("file://"))
        names = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
        found = [File(str(name), _opener(name)) for name in names if name.is_file()]
    # A file that is named is meant; of a folder, those of the kind.
    several = [one for one in found if one.name.removesuffix(".gz").endswith(suffix)]
    chosen = several if len(found) > 1 else found
    if not chosen:
        raise ValueError(
            f"address: given {address!r}, where no file is; allowed: a file, a folder or s3://BUCKET/PREFIX"
        )
    return chosen


def _opener(path: Path) -> Callable[[], AbstractContextManager[IO[bytes]]]:
    return lambda: path.open("rb")


def _object(store: ObjectStore, key: str) -> File:
    return File(key, lambda: io.BufferedReader(_Object(store, key), CHUNK))


class _Object(io.RawIOBase):
    """An object of a bucket as a stream that holds one chunk of it."""

    def __init__(self, store: ObjectStore, key: str) -> None:
        self.store = store
        self.key = key
        self.at = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "bytearray | memoryview") -> int:  # type: ignore[override]
        got = self.store.get_range(self.key, self.at, len(buffer))
        buffer[: len(got)] = got
        self.at += len(got)
        return len(got)


def lines(stream: IO[bytes], longest: int) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a file, numbered from 1, parted at line feeds alone; None for one that is too long."""
    number = 0
    while line := stream.readline(longest + 1):
        number += 1
        if len(line) > longest and not line.endswith(b"\n"):
            while (rest := stream.readline(longest)) and not rest.endswith(b"\n"):
                pass
            yield number, None
        else:
            yield number, line
