"""Raw pages in and out of WARC."""

import hashlib

import pytest

from scraper import raw
from scraper.reading import Page
from tests.fakes.memory import MemoryStore


def page(number: int, rendered: bool = False) -> Page:
    body = f"page {number} é ".encode() * 500
    return Page(
        f"https://example.org/{number}?a=é", body, "text/html; charset=utf-8", "2026-03-01T12:00:00.123456Z", rendered
    )


def test_a_page_is_found_again_by_key_and_offset() -> None:
    segment = raw.Segment("raw/x/1.warc.gz")
    pages = [page(number, rendered=number == 2) for number in range(4)]
    places = [segment.add(one, {"n": number}) for number, one in enumerate(pages)]
    store = MemoryStore()
    store.put(segment.key, segment.bytes())

    for number, (one, place) in enumerate(zip(pages, places, strict=True)):
        stored = raw.at(store, place.key, place.offset)
        assert stored.page == one
        assert stored.about == {"n": number}
        assert stored.sha256 == place.sha256 == hashlib.sha256(one.body).hexdigest()


def test_reading_the_whole_file_gives_the_same_offsets() -> None:
    segment = raw.Segment("k")
    places = [segment.add(page(number), {}) for number in range(5)]
    assert [stored.offset for stored in raw.read(segment.bytes())] == [place.offset for place in places]


def test_an_empty_page_and_a_large_one() -> None:
    segment = raw.Segment("k")
    for body in (b"", b"\x00\xff" * 2_000_000):
        segment.add(Page("https://example.org/", body, "", "2026-03-01T12:00:00Z"), {})
    assert [stored.page.body for stored in raw.read(segment.bytes())] == [b"", b"\x00\xff" * 2_000_000]


def test_where_no_page_begins_is_told() -> None:
    segment = raw.Segment("k")
    segment.add(page(1), {})
    store = MemoryStore()
    store.put("k", segment.bytes())
    with pytest.raises(ValueError, match="no page begins at 7"):
        raw.at(store, "k", 7)
