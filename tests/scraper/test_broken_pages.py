"""No page makes a source raise, however broken: what can be read is, and the rest is a reason."""

import json

import pytest

from pipeline.web.page import Page
from scraper import sources
from scraper.commands import arguments
from scraper.postings import Reading
from scraper.scraped_post import Made, make_post

ADDRESSES = {"lever": "lever:acme", "ashby": "ashby:acme"}
ITEM = "<item><title>Welder</title><guid>1</guid><description>We weld all day.</description>{}</item>"
RSS = f"<rss><channel>{ITEM}{ITEM.format('')}</channel></rss>"


def read(kind: str, body: str | bytes, url: str = "https://jobs.example/a") -> Reading:
    config = arguments.config(ADDRESSES.get(kind, f"{kind}:{url}"), "s", [])
    sent = body.encode() if isinstance(body, str) else body
    return sources.load(kind).read(Page(url, sent, "", "2026-01-01T00:00:00Z"), config)


@pytest.mark.parametrize(
    "broken",
    [
        "<link>&#xD800;</link>",  # half of a surrogate pair, which has no UTF-8 form
        "<link>&#56320;</link>",
        "<dc:creator>a</dc:creator>",  # a prefix that nobody declared
        "<ps:>a</ps:>",
        "<a b=c>",
        "\x01",
    ],
)
def test_a_feed_that_is_mended(broken: str) -> None:
    found = read("feed", RSS.format(broken))
    assert [one.title for one in found.postings] + [one.reason for one in found.skips] == ["Welder", "broken-xml"]


@pytest.mark.parametrize("body", ["<", "\x01", "<a", "<?xml version='1.0'?>", b"\xff\xfe<", "<rss>\x00"])
@pytest.mark.parametrize("kind", ["feed", "sitemap", "jobposting", "page"])
def test_what_is_no_document(kind: str, body: str | bytes) -> None:
    assert not read(kind, body).postings


def test_addresses_that_are_none_are_not_followed() -> None:
    places = ("http://[::1", "javascript:alert(1)", "/relative", "https://jobs.example/1")
    body = "".join(f"<url><loc>{one}</loc></url>" for one in places)
    assert [one.url for one in read("sitemap", f"<urlset>{body}</urlset>").links] == ["https://jobs.example/1"]


@pytest.mark.parametrize("value", [5, 1.5, True, "x", {"a": 1}, [5], None])
def test_a_field_of_another_type(value: object) -> None:
    lever = {"id": "1", "text": "Welder", "description": "<p>We weld.</p>", "lists": value}
    ashby = {"id": "1", "title": "Welder", "descriptionHtml": "<p>We weld.</p>", "secondaryLocations": value}
    for kind, body in (("lever", [lever]), ("ashby", {"jobs": [ashby]})):
        assert [one.title for one in read(kind, json.dumps(body)).postings] == ["Welder"]


@pytest.mark.parametrize("url", ["javascript:alert(1)", "http://[::1", "data:text/html,x"])
def test_a_link_of_a_post_is_of_the_web(url: str) -> None:
    (one, _) = read("feed", f"<rss><channel>{ITEM.format(f'<link>{url}</link>')}{ITEM}</channel></rss>").postings
    config = arguments.config("feed:https://jobs.example/a", "s", [])
    made = make_post(one, Page("https://jobs.example/a", b"", "", "2026-01-01T00:00:00Z"), config, "p", "t")
    assert isinstance(made, Made)
    assert made.post.url == "https://jobs.example/a"
