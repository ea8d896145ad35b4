"""Raw pages as WARC: each a gzip member of its own, so that key and offset are enough to read one again."""

import gzip
import hashlib
import io
from collections.abc import Iterator
from dataclasses import dataclass

from warcio.archiveiterator import ArchiveIterator
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

from pipeline.schema import Raw
from scraper.reading import Page

CONTENT_TYPE = "application/warc"
LEVEL = 4
RENDERED = "conversion"  # WARC's name for a record that is not what the server sent


@dataclass(frozen=True, slots=True)
class Stored:
    """A page as read back, and where it lay."""

    page: Page
    offset: int


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

    def add(self, page: Page) -> Raw:
        offset = self._out.tell()
        record = self._writer.create_warc_record(
            page.url,
            RENDERED if page.rendered else "response",
            payload=io.BytesIO(page.body),
            length=len(page.body),
            http_headers=StatusAndHeaders("200 OK", [("Content-Type", page.content_type)], protocol="HTTP/1.1"),
            warc_headers_dict={"WARC-Date": page.fetched_at},
        )
        self._record.seek(0)
        self._record.truncate()
        self._writer.write_record(record)
        # warcio compresses at level 9, which takes three times as long for two per cent.
        self._out.write(gzip.compress(self._record.getbuffer(), LEVEL, mtime=0))
        self.pages += 1
        return Raw(self.key, offset, hashlib.sha256(page.body).hexdigest())

    def bytes(self) -> bytes:
        return self._out.getvalue()


def read(body: bytes) -> Iterator[Stored]:
    """The pages of a WARC, or of one record cut out of it, in order."""
    records = ArchiveIterator(io.BytesIO(body))
    for record in records:
        if record.rec_type not in ("response", RENDERED):
            continue
        kind = record.http_headers.get_header("Content-Type", "") if record.http_headers else ""
        page = Page(
            url=record.rec_headers.get_header("WARC-Target-URI"),
            body=record.content_stream().read(),
            content_type=kind,
            fetched_at=record.rec_headers.get_header("WARC-Date"),
            rendered=record.rec_type == RENDERED,
        )
        yield Stored(page, records.get_record_offset())
