"""Pages with schema.org JobPosting."""

import pytest

from pipeline.web.page import Page
from scraper import sources
from tests.scraper.pages import job, ld, page
from tests.scraper.sources.saved import config, read, text


@pytest.mark.parametrize("name", ["microdata.html", "rdfa.html"])
def test_values_in_the_elements(name: str) -> None:
    reading = read("jobposting", name)

    [one] = reading.postings
    assert (one.title, one.company, one.date_posted) == ("Clockmaker", "Harbour Clocks", "2026-03-01")
    assert one.external_id == "HC-2026-0001"
    assert text(reading) == "Mend clocks & watches.\n\n• Steady hands"


def test_json_ld_wins_over_a_copy_in_the_elements() -> None:
    body = '<div itemscope itemtype="http://schema.org/JobPosting"><p itemprop="description">short</p></div>'
    [one] = _read(page(body, ld(job()))).postings
    assert "careful person" in one.description


def test_several_postings_of_one_address_are_told_apart_and_the_page_is_a_list() -> None:
    reading = read("jobposting", "several.html")

    assert [one.title for one in reading.postings] == ["Clockmaker", "Miller"]
    assert len({one.external_id for one in reading.postings}) == 2
    assert [link.url for link in reading.links] == ["https://example.org/jobs/3"]


def test_one_posting_is_the_end_of_a_way() -> None:
    assert not _read(page('<a href="/jobs/2">more</a>', ld(job()))).links


def test_the_page_gives_what_the_posting_does_not() -> None:
    head = ld(job(title=None, identifier=None)) + '<link rel="canonical" href="/jobs/7?utm_medium=x">'
    [one] = _read(page("", head)).postings
    assert (one.title, one.url) == ("Jobs", "https://example.org/jobs/7")


def test_another_host_cannot_be_the_canonical_one() -> None:
    [one] = _read(page("", ld(job(identifier=None)) + '<link rel="canonical" href="https://other.example/1">')).postings
    assert one.url == "https://example.org/jobs/1"


def test_an_address_that_is_none_is_told() -> None:
    with pytest.raises(ValueError, match="allowed: an address with http or https"):
        sources.load("jobposting").start(config("jobposting", address="careers.example.org"))


def _read(html: str):  # type: ignore[no-untyped-def]
    at = Page("https://example.org/jobs/1", html.encode(), "text/html")
    return sources.load("jobposting").read(at, config("jobposting"))
