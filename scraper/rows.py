"""Rows of files to postings: which of their columns holds what, and by which id a row is known."""

import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import IO, Any, Protocol

from pipeline.web.page import Page
from scraper import field_paths, links
from scraper.files import File
from scraper.reading import Posting, Reading, Skip, SourceConfig

MORE = ("fetched_at",)
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
    "fetched_at": ("fetched_at",),
}


class FileSource(Protocol):
    """A source whose address is a file, a folder or a bucket's prefix, and not the web."""

    suffix: str

    def rows(self, stream: IO[bytes]) -> Iterator[tuple[int, Mapping[str, Any] | Skip]]:
        """The rows of one file with their numbers, or why one could not be read."""


def check(config: SourceConfig) -> None:
    """Raises ValueError for a field that is none of ours."""
    field_paths.check({name: path for name, path in config.fields.items() if name not in MORE}, MORE)


def postings(source: FileSource, file: File, config: SourceConfig) -> Iterator[Posting | Skip]:
    """The postings of one file, in its order. A row that cannot be read is named in its Skip, and no more than that."""
    with file.open() as stream:
        for number, row in _whole(source.rows(stream)):
            where = f"{file.name}, row {number}"
            if isinstance(row, Skip):
                yield Skip(row.reason, f"{where}: {row.detail}")
                continue
            one = _posting(row, config)
            if isinstance(one, Skip):
                yield Skip(one.reason, f"{where}: {one.detail}")
            else:
                yield one if one.external_id or one.url else replace(one, external_id=f"{file.digest}:{number}")


def _whole(rows: Iterator[tuple[int, Mapping[str, Any] | Skip]]) -> Iterator[tuple[int, Mapping[str, Any] | Skip]]:
    """The rows, and a Skip where the packed file breaks off or is none: the other files of a folder are read still."""
    number = 0
    try:
        for number, row in rows:
            yield number, row
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        yield number + 1, Skip("bad-row", str(error))


def reading(source: FileSource, page: Page, config: SourceConfig) -> Reading:
    """All of a file that is in memory already."""
    found = Reading()
    for one in postings(source, File(page.url, lambda: io.BytesIO(page.body)), config):
        if isinstance(one, Skip):
            found.skips.append(one)
        else:
            found.postings.append(one)
    return found


def page(file: File) -> Page:
    """Stands for a file where a page is asked for: the time of reading it."""
    return Page(f"file:{file.name}", b"", fetched_at=datetime.now(UTC).isoformat())


def _posting(row: Mapping[str, Any], config: SourceConfig) -> Posting | Skip:
    paths = {ours: next((name for name in names if name in row), names[0]) for ours, names in _USUAL.items()}
    paths |= config.fields
    one = field_paths.posting(dict(row), paths)
    if isinstance(one, Skip):
        return one
    if when := field_paths.read(dict(row), paths["fetched_at"]):
        try:
            at = datetime.fromisoformat(when)
            at = (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, OverflowError):
            return Skip("bad-date", f"fetched_at: given {when!r:.40}, allowed: RFC 3339")
        one = replace(one, fetched_at=at.isoformat())
    return replace(one, url=links.absolute("", one.url))
