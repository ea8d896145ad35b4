"""Files as sources: a path, a folder, or a prefix of a bucket, `.gz` too; their rows to postings.

Read as streams, in the order of names, in memory that does not grow with them.
"""

import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Any, Protocol, cast

from pipeline.ports import ObjectStore
from pipeline.web.page import Page
from scraper import field_paths, identity, links
from scraper.postings import Posting, Reading, Skip, SourceConfig

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
        found = [_object(store, listed.key) for listed in store.list(prefix)]
    else:
        path = Path(address.removeprefix("file://"))
        names = sorted(name for name in path.rglob("*") if name.is_file()) if path.is_dir() else [path]
        found = [File(str(name), _opener(name)) for name in names if name.is_file()]
    # A file that is named is meant; of a folder, those of the kind.
    several = [file for file in found if file.name.removesuffix(".gz").endswith(suffix)]
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


LONGEST = 5_000_000  # bytes of one row

# What a column may be called where no map says so, the likeliest first.
_USUAL = {
    "external_id": ("external_id", "id", "job_id", "native_id"),
    "title": ("title",),
    "text": ("text",),
    "description": ("description",),
    "url": ("url", "link"),
    "company": ("company",),
    "location": ("location",),
    "date_posted": ("date_posted",),
    **{name: (name, said) for name, said in field_paths.SAID.items()},
    "fetched_at": ("fetched_at",),
}


class FileSource(Protocol):
    """A source whose address is a file, a folder or a bucket's prefix, and not the web."""

    suffix: str

    def rows(self, stream: IO[bytes]) -> Iterator[tuple[int, Mapping[str, Any] | Skip]]:
        """The rows of one file with their numbers, or why one could not be read."""


def check(config: SourceConfig) -> None:
    """Raises ValueError for a field that is none of ours."""
    config.check_fields(*field_paths.FIELDS, "fetched_at")


def read_postings(source: FileSource, file: File, config: SourceConfig) -> Iterator[Posting | Skip]:
    """The postings of one file, in its order. A row that cannot be read is named in its Skip, and no more than that."""
    with file.open() as stream:
        for number, row in _whole(source.rows(stream)):
            where = f"{file.name}, row {number}"
            if isinstance(row, Skip):
                yield Skip(row.reason, f"{where}: {row.detail}")
                continue
            posting = _posting(row, config)
            if isinstance(posting, Skip):
                yield Skip(posting.reason, f"{where}: {posting.detail}")
            elif posting.external_id or posting.url:
                yield posting
            else:
                yield replace(posting, external_id=f"{file.digest}:{number}")


def _whole(rows: Iterator[tuple[int, Mapping[str, Any] | Skip]]) -> Iterator[tuple[int, Mapping[str, Any] | Skip]]:
    """The rows, and a Skip where the packed file breaks off or is none: the other files of a folder are read still."""
    number = 0
    try:
        for number, row in rows:
            yield number, row
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield number + 1, Skip("bad-row", str(error))


def read_page(source: FileSource, page: Page, config: SourceConfig) -> Reading:
    """All of a file that is in memory already."""
    reading = Reading()
    for posting in read_postings(source, File(page.url, lambda: io.BytesIO(page.body)), config):
        reading.add(posting)
    return reading


def stand_in(file: File) -> Page:
    """Stands for a file where a page is asked for: the time of reading it."""
    return Page(f"file:{file.name}", b"", fetched_at=datetime.now(UTC).isoformat())


def _posting(row: Mapping[str, Any], config: SourceConfig) -> Posting | Skip:
    paths = {ours: next((name for name in names if name in row), names[0]) for ours, names in _USUAL.items()}
    paths |= config.fields
    posting = field_paths.read_posting(dict(row), paths)
    if isinstance(posting, Skip):
        return posting
    if when := field_paths.read_text(dict(row), paths["fetched_at"]):
        try:
            at = datetime.fromisoformat(when)
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return Skip("bad-date", f"fetched_at: given {when!r:.40}, allowed: RFC 3339")
        posting = replace(posting, fetched_at=at.isoformat())
    return replace(posting, url=identity.canonical_url(links.absolute("", posting.url)))
