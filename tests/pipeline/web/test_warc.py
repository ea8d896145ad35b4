"""Raw pages in and out of WARC."""

import gzip
import hashlib

import pytest

from pipeline.schema import Raw
from pipeline.web import warc
from pipeline.web.page import MAX_PAGE_BYTES, Page
from tests.fakes.memory import MemoryStore


def page(number: int, rendered: bool = False) -> Page:
    body = f"page {number} é ".encode() * 500
    return Page(
        f"https://example.org/{number}?a=é", body, "text/html; charset=utf-8", "2026-03-01T12:00:00.123456Z", rendered
    )


def test_a_page_is_found_again_by_key_and_offset() -> None:
    segment = warc.Segment("raw/x/1.warc.gz")
    pages = [page(number, rendered=number == 2) for number in range(4)]
    places = [segment.add(one, {"n": number}) for number, one in enumerate(pages)]
    store = MemoryStore()
    store.put(segment.key, segment.bytes())

    for stored, place in zip(pages, places, strict=True):
        assert warc.fetch_page(store, place.key, place.offset) == stored
    whole = list(warc.read_pages(segment.bytes()))
    assert [stored.about for stored in whole] == [{"n": number} for number in range(4)]
    assert [stored.sha256 for stored in whole] == [place.sha256 for place in places]
    assert whole[1].sha256 == hashlib.sha256(pages[1].body).hexdigest()


def test_reading_the_whole_file_gives_the_same_offsets() -> None:
    segment = warc.Segment("k")
    places = [segment.add(page(number), {}) for number in range(5)]
    assert [stored.offset for stored in warc.read_pages(segment.bytes())] == [place.offset for place in places]


def test_an_empty_page_and_a_large_one() -> None:
    segment = warc.Segment("k")
    for body in (b"", b"\x00\xff" * 2_000_000):
        segment.add(Page("https://example.org/", body, "", "2026-03-01T12:00:00Z"), {})
    assert [stored.page.body for stored in warc.read_pages(segment.bytes())] == [b"", b"\x00\xff" * 2_000_000]


def members(*bodies: bytes) -> tuple[MemoryStore, Raw]:
    segment, store = warc.Segment("k"), MemoryStore()
    places = [segment.add(Page("https://example.org/", body, "", "2026-03-01T12:00:00Z"), {}) for body in bodies]
    store.put("k", segment.bytes())
    return store, places[-1]


@pytest.mark.parametrize(
    "body",
    [
        b"no gzip at all",
        gzip.compress(b"nothing of WARC", mtime=0),
        gzip.compress(b"WARC/1.1\r\nWARC-Type: warcinfo\r\nContent-Length: 0\r\n\r\n\r\n\r\n", mtime=0),
        gzip.compress(b"WARC/1.1\r\nWARC-Type: response\r\nContent-Length: 9\r\n\r\nHTTP/1.1", mtime=0)[:-9],
        b"",
    ],
)
def test_what_is_no_page_is_told(body: bytes) -> None:
    store = MemoryStore()
    store.put("k", body)
    with pytest.raises(warc.Unreadable, match="k at 0"):
        warc.fetch_page(store, "k", 0)


def test_where_no_page_begins_is_told() -> None:
    store, _ = members(b"page")
    with pytest.raises(warc.Unreadable, match="k at 7: no page begins there"):
        warc.fetch_page(store, "k", 7)


def test_the_largest_page_is_read_and_one_that_unpacks_without_end_is_refused() -> None:
    store, place = members(bytes(MAX_PAGE_BYTES))
    assert len(warc.fetch_page(store, place.key, place.offset).body) == MAX_PAGE_BYTES
    store, place = members(b"first", bytes(warc.MAX_RECORD_BYTES))
    with pytest.raises(warc.Unreadable, match="more than"):
        warc.fetch_page(store, place.key, place.offset)
