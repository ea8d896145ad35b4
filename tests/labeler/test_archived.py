"""A post's page as it was fetched: read out of a WARC, made safe, the phrase marked."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.labeling.archived import marking, record
from labeler.labeling.models import Post
from pipeline.adapters.memory import MemoryStore
from pipeline.schema import Raw
from scraper.raw import Segment
from scraper.reading import Page

PAGE = """<html><head><script>alert(1)</script><style>p{}</style></head><body onload="x()">
<p>We look for a <b>wel</b>der.</p><img src="https://evil.example/p.png"><a href="https://evil.example">go</a>
<p>The welder is a <i>welder</i> of ships &amp; cars.</p></body></html>"""
TEXT = "We look for a welder.\nThe welder is a welder of ships & cars."


@pytest.fixture
def stored() -> tuple[MemoryStore, list[Raw]]:
    """Pages as the scraper stores them."""
    segment, store = Segment("raw/a.warc.gz"), MemoryStore()
    rows = [
        segment.add(Page(url, body.encode(), "text/html; charset=utf-8", "2026-01-01T00:00:00Z"), {})
        for url, body in (("https://one.example", PAGE), ("https://two.example", "<p>Other</p>"))
    ]
    store.put("raw/a.warc.gz", segment.bytes())
    return store, rows


def test_each_page_is_read_by_its_offset(stored: tuple[MemoryStore, list[Raw]]) -> None:
    store, rows = stored
    found = record.fetch(store, rows[0]), record.fetch(store, rows[1])
    assert [one.url for one in found] == ["https://one.example", "https://two.example"]
    assert found[0].body == PAGE.encode()
    assert found[1].fetched_at.startswith("2026-01-01T00:00:00")
    assert found[1].content_type == "text/html; charset=utf-8"


@pytest.mark.parametrize("body", [b"no gzip at all", gzip.compress(b"nothing of WARC"), b""])
def test_what_is_no_page_is_told(body: bytes) -> None:
    store = MemoryStore()
    store.put("raw/b", body)
    with pytest.raises(record.Unreadable):
        record.fetch(store, Raw("raw/b", 0, ""))


def test_a_page_that_unpacks_without_end_is_refused() -> None:
    store = MemoryStore()
    store.put("raw/b", gzip.compress(b"WARC/1.1\r\n\r\n" + bytes(record.MOST)))
    with pytest.raises(record.Unreadable, match="more than"):
        record.fetch(store, Raw("raw/b", 0, ""))


@pytest.mark.parametrize(
    ("nth", "around"),
    [
        (0, "We look for a <b><mark>wel</mark></b><mark>der</mark>."),
        (1, "The <mark>welder</mark> is a <i>"),
        (2, "is a <i><mark>welder</mark></i> of ships &amp; cars"),
    ],
)
def test_the_phrase_is_marked_where_it_stands_in_the_text(nth: int, around: str) -> None:
    at = -1
    for _ in range(nth + 1):
        at = TEXT.index("welder", at + 1)
    html, where = marking.shown(PAGE, TEXT, at, at + 6)
    assert where == "page"
    assert around in html
    assert html.count("<mark>") == (2 if nth == 0 else 1)


def test_nothing_of_the_page_runs_loads_or_leads_away() -> None:
    html, _ = marking.shown(PAGE, TEXT, 0, 2)
    for part in ("script", "alert", "style", "evil", "onload", "href", "img"):
        assert part not in html


def test_a_page_that_only_a_script_shows_is_read_from_its_structured_data() -> None:
    page = '<script type="application/ld+json">{"@graph": [{"description": "<p>A welder.</p>"}]}</script><div></div>'
    assert marking.shown(page, "A welder.", 2, 8) == ("<p>A <mark>welder</mark>.</p>", "data")


def test_a_phrase_the_page_lacks_is_told() -> None:
    assert marking.shown("<p>Other</p>", TEXT, 0, 2) == ("<p>Other</p>", "")


def test_the_charset_is_the_stated_one() -> None:
    assert marking.decoded("é".encode("latin-1"), "text/html; charset=ISO-8859-1") == "é"
    assert marking.decoded(b'<meta charset="latin-1">\xe9', "text/html").endswith("é")
    assert marking.decoded("é".encode(), "text/html; charset=nonsense") == "é"


def test_the_page_of_a_post(
    stored: tuple[MemoryStore, list[Raw]], cloud: Any, take: Callable[..., Post], person: Callable[..., User]
) -> None:
    store, rows = stored
    cloud.posts.put("raw/a.warc.gz", store.get("raw/a.warc.gz").body)
    client = Client()
    client.force_login(person("rita", "reviewer"))
    post, other = take(text=TEXT, raw=rows[0]), take("2", "Never fetched.")
    page = client.get(reverse("labeling:archived", args=[post.pk]), {"start": 14, "end": 20})
    assert "<mark>wel</mark>" in page.content.decode()
    assert "https://one.example" in page.content.decode()
    assert "default-src 'none'" in page["Content-Security-Policy"]
    assert client.get(reverse("labeling:archived", args=[other.pk])).status_code == 404


def test_each_span_in_admin_leads_to_its_place_on_the_page(take: Callable[..., Post]) -> None:
    from labeler.labeling.pages.drawing import drawn
    from pipeline.schema import Span

    post, other = take(text=TEXT, raw=Raw("raw/a.warc.gz", 0, "")), take("2", "Never fetched.")
    span = Span(14, 20, "Role", 4, 5)
    assert f"{reverse('labeling:archived', args=[post.pk])}?start=14&amp;end=20" in drawn(post, [span], {})
    assert "href" not in drawn(other, [Span(0, 5, "Role", 0, 1)], {})
