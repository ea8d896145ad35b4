"""A post's page as it was fetched: read out of a WARC, made safe, the phrase marked."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.labeling.archived import marking
from labeler.labeling.models import Post
from pipeline.schema import Raw
from pipeline.web.page import Page
from pipeline.web.warc import Segment
from tests.fakes.memory import MemoryStore

PAGE = """<html><head><script>alert(1)</script><style>p{}</style></head><body onload="x()">
<p>We look for a <b>wel</b>der.</p><img src="https://evil.example/p.png"><a href="https://evil.example">go</a>
<p>The welder is a <i>welder</i> of ships &amp; cars.</p></body></html>"""
DATA = '<script type="application/ld+json">%s</script>'
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


OPEN, CLOSE = "\u201c", "\u201d"  # bytes that windows-1252 has and iso-8859-1 has not


@pytest.mark.parametrize(
    ("content_type", "head", "body", "text"),
    [
        (
            "text/html; charset=iso-8859-1",
            "",
            f"<p>We need a {OPEN}welder{CLOSE}.</p>",
            f"We need a {OPEN}welder{CLOSE}.",
        ),
        ("text/html", '<meta charset="latin1">', f"<p>A {OPEN}welder{CLOSE}</p>", f"A {OPEN}welder{CLOSE}"),
        ("text/html", "", "<p>A we&#x308;lder</p>", "A w\u00eblder"),
        # Declared as UTF-8, and windows-1252 throughout.
        ("text/html; charset=utf-8", "", f"<p>A {OPEN}welder{CLOSE}</p>", f"A {OPEN}welder{CLOSE}"),
        ("text/html", "", DATA % '{"@type": "JobPosting", "description": "<p>A <b>welder</b>.</p>",}', "A welder."),
        ("text/html", "", DATA % '/* ours */ {"description": "A welder\nof ships"};', "A welder\nof ships"),
        ("text/html", "", DATA % '{"description": "&lt;p&gt;A w&amp;euml;lder.&lt;/p&gt;"}', "A w\u00eblder."),
        ("text/html", "", DATA % '{"description": "Tea &amp; w&euml;lders"}', "Tea & w\u00eblders"),
        ("text/html", "", DATA % '{"description": "<p>Ships.</p>", "skills": "A welder"}', "Ships.\n\nA welder"),
        ("text/html", "", DATA % '{"description": {"@value": "A welder"}}', "A welder"),
    ],
)
def test_a_phrase_that_the_scraper_read_is_found(
    content_type: str,
    head: str,
    body: str,
    text: str,
    cloud: Any,
    take: Callable[..., Post],
    person: Callable[..., User],
) -> None:
    segment = Segment("raw/a.warc.gz")
    page = f"<html><head>{head}</head><body>{body}</body></html>".encode("cp1252")
    raw = segment.add(Page("https://one.example", page, content_type, "2026-01-01T00:00:00Z"), {})
    cloud.posts.put(segment.key, segment.bytes())
    post = take(text=text, raw=raw)
    client = Client()
    client.force_login(person("rita", "reviewer"))
    start = text.index("w", 2)
    shown = client.get(
        reverse("labeling:archived", args=[post.pk]), {"start": start - 1, "end": start + 6}
    ).content.decode()
    assert text[start : start + 6] in "".join(re.findall("<mark>(.*?)</mark>", shown))


def test_each_span_in_admin_leads_to_its_place_on_the_page(take: Callable[..., Post]) -> None:
    from labeler.labeling.pages.drawing import drawn
    from pipeline.schema import Span

    post, other = take(text=TEXT, raw=Raw("raw/a.warc.gz", 0, "")), take("2", "Never fetched.")
    span = Span(14, 20, "Role", 4, 5)
    assert f"{reverse('labeling:archived', args=[post.pk])}?start=14&amp;end=20" in drawn(post, [span], {})
    assert "href" not in drawn(other, [Span(0, 5, "Role", 0, 1)], {})
