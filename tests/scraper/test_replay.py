"""Stored pages under today's parser."""

from dataclasses import replace
from typing import Any

import pytest

from pipeline.web import warc
from pipeline.web.page import Page
from scraper import sources
from scraper.commands.replay import reread_pages
from scraper.commands.show import sanitise
from scraper.postings import Posting, Reading
from tests.scraper.conftest import World
from tests.scraper.pages import listing, page, posting
from tests.scraper.site import Site


@pytest.fixture
def crawled(site: Site, world: World) -> World:
    site.pages |= {"/": listing("/jobs/1", "/jobs/2"), "/jobs/1": posting(1), "/jobs/2": posting(2)}
    world.crawl(site.url)
    return world


def changes(world: World) -> list[str]:
    return sorted(what for one in reread_pages(world.store, "clocks") for what, *_ in one.changes())


def test_the_same_parser_reads_the_same(crawled: World) -> None:
    assert changes(crawled) == ["same", "same"]


def test_posts_are_rebuilt_as_they_were_sent(crawled: World) -> None:
    rebuilt = {post.post_id: post for one in reread_pages(crawled.store) for post in one.posts}
    for post in crawled.sent():
        again = rebuilt[post.post_id]
        assert replace(again, trace_id="") == replace(post, trace_id="")


class Other:
    """Tomorrow's parser."""

    def __init__(self, inner: Any, how: str) -> None:
        self.inner = inner
        self.how = how

    def read(self, at: Page, config: Any) -> Reading:
        reading: Reading = self.inner.read(at, config)
        if at.url.endswith("/1"):
            [one] = reading.postings
            more = Posting("Second", "Another posting of the same page.", False, "HC-2")
            changed = replace(one, description="We now look for somebody who mends the clocks of church towers.")
            reading.postings = {"changed": [changed], "new": [one, more], "gone": []}[self.how]
        return reading


@pytest.mark.parametrize("how", ["changed", "new", "gone"])
def test_what_another_parser_reads_otherwise(how: str, crawled: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "load", lambda kind, load=sources.load: Other(load(kind), how))
    assert changes(crawled) == sorted({"new": ["new", "same", "same"]}.get(how, [how, "same"]))


def test_a_page_that_held_no_post_when_it_came_is_kept_for_a_better_parser(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/1", "/jobs/2"), "/jobs/1": posting(1)}
    site.pages["/jobs/2"] = posting(2, description="<p> </p>")
    world.crawl(site.url)
    assert sorted(len(one.posts) for one in reread_pages(world.store)) == [0, 1]


def test_a_file_that_is_none_of_ours_is_left_out(crawled: World) -> None:

    segment = warc.Segment("raw/clocks/other.warc.gz")
    segment.add(Page("https://example.org/", posting(5).encode(), "text/html", "2026-03-01T12:00:00Z"), {"kind": "no"})
    crawled.store.put(segment.key, segment.bytes())
    assert changes(crawled) == ["same", "same"]


def test_a_page_to_look_at_can_do_nothing() -> None:
    nasty = page(
        "<p onclick='x()'>Text <a href='javascript:x()'>a</a> <a href='https://example.org'>b</a></p><script>x()</script>"
        "<img src=https://spy.example/x.png><iframe src='https://spy.example'></iframe><form action='/x'><input></form>"
        "<svg onload=x()></svg><style>p{}</style>"
    )
    shown = sanitise(Page("https://example.org/", nasty.encode(), "text/html"))
    assert "Text" in shown
    assert 'href="https://example.org"' in shown
    for word in ("onclick", "javascript", "<script", "<img", "<iframe", "<form", "<input", "<svg", "<style", "spy"):
        assert word not in shown
