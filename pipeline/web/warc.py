"""Raw pages as WARC: each a gzip member of its own, so that key and offset are enough to read one again."""

import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson
from warcio.archiveiterator import ArchiveIterator
from warcio.exceptions import ArchiveLoadFailed
from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.ports import ObjectStore
from pipeline.schema import Raw
from pipeline.web.page import MAX_PAGE_BYTES, Page

CONTENT_TYPE = "application/warc"
LEVEL = 4
RENDERED = "conversion"  # WARC's name for a record that is not what the server sent
MAX_RECORD_BYTES = MAX_PAGE_BYTES + 100_000  # the largest page, and the heads before it
PIECE = 256 * 1024  # bytes of an object that are fetched at a time

About = Mapping[str, Any]


class Unreadable(ValueError):
    """What lies there is no page."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A page as read back, and where it lay. `about`: how it is read, and what was read from it."""

    page: Page
    offset: int
    about: About

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.page.body).hexdigest()


class Segment:
    """A WARC file in memory, to be stored whole. `url` + `fetched_at` of a page are its record's."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.pages = 0
        self._out = io.BytesIO()
        self._record = io.BytesIO()
        self._writer = WARCWriter(self._record, gzip=False)

    @property
    def size(self) -> int:
        return self._out.tell()

    def add(self, page: Page, about: About) -> Raw:
        """Stores a page, and beside it, as a metadata record, what must be known to read it again."""
        offset = self._out.tell()
        record = self._response(page)
        self._write(record)
        body = orjson.dumps(about)
        beside = self._writer.create_warc_record(
            page.url,
            "metadata",
            payload=io.BytesIO(body),
            length=len(body),
            warc_content_type="application/json",
            warc_headers_dict={
                "WARC-Date": page.fetched_at,
                "WARC-Concurrent-To": record.rec_headers.get_header("WARC-Record-ID"),
            },
        )
        self._write(beside)
        self.pages += 1
        return Raw(self.key, offset, hashlib.sha256(page.body).hexdigest())

    def _response(self, page: Page) -> ArcWarcRecord:
        headers = None
        if not page.rendered:
            headers = StatusAndHeaders("200 OK", [("Content-Type", page.content_type)], protocol="HTTP/1.1")
        return self._writer.create_warc_record(
            page.url,
            RENDERED if page.rendered else "response",
            payload=io.BytesIO(page.body),
            length=len(page.body),
            http_headers=headers,
            # What the browser made has no HTTP headers of its own.
            warc_content_type=page.content_type if page.rendered else "",
            warc_headers_dict={"WARC-Date": page.fetched_at},
        )

    def _write(self, record: ArcWarcRecord) -> None:
        self._record.seek(0)
        self._record.truncate()
        self._writer.write_record(record)
        # warcio compresses at level 9, which takes three times as long for two per cent.
        self._out.write(gzip.compress(self._record.getvalue(), LEVEL, mtime=0))

    def bytes(self) -> bytes:
        return self._out.getvalue()


def read_pages(body: bytes) -> Iterator[Stored]:
    """The pages of a WARC, in order."""
    records = ArchiveIterator(io.BytesIO(body))
    last: tuple[Page, int] | None = None
    for record in _each(records):
        if record.rec_type == "metadata" and last:
            yield Stored(*last, orjson.loads(record.content_stream().read()))
            last = None
        elif record.rec_type in ("response", RENDERED):
            if last:
                yield Stored(*last, {})
            # The offset is known once the record has been read.
            page = _page(record)
            last = page, records.get_record_offset()
    if last:
        yield Stored(*last, {})


def _each(records: ArchiveIterator) -> Iterator[ArcWarcRecord]:
    try:
        yield from records
    except AttributeError as error:  # how warcio says that a record names no address
        raise ArchiveLoadFailed(f"no record of a page: {error}") from error


def fetch_page(store: ObjectStore, key: str, offset: int) -> Page:
    """The page at a place that a post carries. Raises `Unreadable`, and what the store raises."""
    where, unpacker, record = f"{key} at {offset}", zlib.decompressobj(zlib.MAX_WBITS | 16), bytearray()
    while not unpacker.eof and (piece := store.get_range(key, offset, PIECE)):
        offset += len(piece)
        try:
            record += unpacker.decompress(piece, MAX_RECORD_BYTES + 1 - len(record))
        except zlib.error as error:
            raise Unreadable(f"{where}: no page begins there ({error})") from error
        if len(record) > MAX_RECORD_BYTES:
            raise Unreadable(f"{where}: given more than {MAX_RECORD_BYTES} bytes")
    try:
        if unpacker.eof and (stored := next(read_pages(bytes(record)), None)):
            return stored.page
    except ArchiveLoadFailed as error:
        raise Unreadable(f"{where}: {error}") from error
    raise Unreadable(f"{where}: given {bytes(record[:40])!r}, allowed: a whole WARC record of a page")


def _page(record: ArcWarcRecord) -> Page:
    headers = record.http_headers or record.rec_headers
    return Page(
        url=record.rec_headers.get_header("WARC-Target-URI"),
        body=record.content_stream().read(),
        content_type=headers.get_header("Content-Type") or "",
        fetched_at=record.rec_headers.get_header("WARC-Date"),
        rendered=record.rec_type == RENDERED,
    )
