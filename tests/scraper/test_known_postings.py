"""Postings that end, by their own date, by their page, or by their absence; and come again."""

from datetime import UTC, datetime, timedelta

import pytest

from pipeline import messages
from pipeline.schema import PostEnded, PostScraped, open_ended
from pipeline.web.page import Page
from scraper.known_postings import says_gone
from tests.scraper.conftest import World
from tests.scraper.pages import WORDS, listing, page, posting
from tests.scraper.site import Answer, Site

TODAY = datetime.now(UTC).date()
PAST, FUTURE = (TODAY - timedelta(days=3)).isoformat(), (TODAY + timedelta(days=30)).isoformat()


def told(world: World) -> tuple[list[PostScraped], list[PostEnded]]:
    """What lies in the queue: posts, and what is told of their ends."""
    posts, ended = [], []
    while batch := world.queue.receive(10):
        for one in batch:
            value = messages.value(world.store, one.body)
            if value["schema"] == PostEnded.SCHEMA:
                ended.append(open_ended(value))
            else:
                posts.append(PostScraped.from_json(value))
        world.queue.delete(one.receipt for one in batch)
    return posts, ended


@pytest.fixture
def two(site: Site, world: World) -> list[str]:
    """The ids of two postings that were crawled."""
    site.pages |= {"/": listing("/jobs/1", "/jobs/2"), "/jobs/1": posting(1), "/jobs/2": posting(2)}
    world.crawl(site.url)
    posts, ended = told(world)
    assert not ended
    return [post.post_id for post in sorted(posts, key=lambda post: post.external_id)]


@pytest.mark.parametrize("status", [404, 410])
def test_a_page_that_is_gone_ends_its_posting(status: int, site: Site, world: World, two: list[str]) -> None:
    site.pages["/jobs/2"] = Answer("gone", status=status)

    report = world.crawl(site.url)

    posts, [ended] = told(world)
    assert (posts, dict(report.ended), report.changed) == ([], {"gone": 1}, 0)
    assert (ended.post_id, ended.reason, ended.source) == (two[1], "gone", "clocks")
    assert ended.last_seen == TODAY.isoformat()
    world.crawl(site.url)
    assert told(world) == ([], [])  # told once


def test_a_posting_that_comes_back_is_open_again(site: Site, world: World, two: list[str]) -> None:
    whole, site.pages["/jobs/2"] = site.pages["/jobs/2"], Answer("gone", status=404)
    world.crawl(site.url)
    told(world)
    site.pages["/jobs/2"] = whole

    report = world.crawl(site.url)

    posts, [again] = told(world)
    assert (posts, again.post_id, again.reason, dict(report.ended)) == ([], two[1], "", {"open again": 1})


def test_two_complete_crawls_without_it_end_a_posting(site: Site, world: World, two: list[str]) -> None:
    site.pages["/"] = listing("/jobs/1")
    del site.pages["/jobs/2"]
    world.crawl(site.url)
    assert told(world) == ([], [])

    report = world.crawl(site.url)

    _, [ended] = told(world)
    assert (ended.post_id, ended.reason, dict(report.ended)) == (two[1], "absent", {"absent": 1})


def test_crawls_with_an_error_or_a_limit_end_nothing(site: Site, world: World, two: list[str]) -> None:
    site.pages |= {"/": listing("/jobs/1", "/broken"), "/broken": Answer("", status=500)}
    del site.pages["/jobs/2"]
    for _ in range(3):
        assert world.crawl(site.url).errors
    site.pages["/"] = listing("/jobs/1")
    for _ in range(3):
        world.crawl(site.url, since="2020-01-01")
    assert told(world) == ([], [])
    world.crawl(site.url, source="clocks")
    assert told(world) == ([], [])  # the first complete one


@pytest.mark.parametrize("words", ["This position is no longer available.", "Diese Stelle ist nicht mehr verfügbar."])
def test_a_page_that_says_so_ends_its_posting(words: str, site: Site, world: World, two: list[str]) -> None:
    site.pages["/jobs/2"] = page(f"<h1>Sorry</h1><p>{words}</p>")

    world.crawl(site.url)

    _, [ended] = told(world)
    assert (ended.post_id, ended.reason) == (two[1], "gone")


def test_the_same_words_beside_a_posting_end_nothing(site: Site, world: World, two: list[str]) -> None:
    site.pages["/jobs/2"] = posting(2).replace("<h1>", "<p>The post of 2020 is no longer available.</p><h1>")
    world.crawl(site.url)
    assert told(world) == ([], [])


def test_a_posting_past_its_date_ends_and_is_counted(site: Site, world: World) -> None:
    site.pages |= {"/": listing("/jobs/1"), "/jobs/1": posting(1, validThrough=PAST)}

    report = world.crawl(site.url)

    [post], [ended] = told(world)
    assert (post.details.valid_through, ended.post_id, ended.reason) == (PAST, post.post_id, "expired")
    assert (report.noted["expired"], dict(report.ended)) == (1, {"expired": 1})

    site.pages["/jobs/1"] = posting(1, validThrough=FUTURE)
    assert world.crawl(site.url).changed == 0
    _, [again] = told(world)
    assert again.reason == ""


def test_details_change_nothing_of_what_was_sent(site: Site, world: World, two: list[str]) -> None:
    site.pages["/jobs/2"] = posting(2, employmentType="FULL_TIME", baseSalary={"currency": "EUR", "value": 3000})
    for _ in range(3):
        report = world.crawl(site.url)
        assert (report.new, report.changed, report.unchanged) == (0, 0, 2)
    assert told(world) == ([], [])


@pytest.mark.parametrize(
    ("words", "gone"),
    [
        ("Cette offre n’est plus disponible.", True),
        ("La oferta ya no está disponible", True),
        ("Questa posizione non è più disponibile", True),
        ("Deze vacature is niet meer beschikbaar", True),
        ("Tjänsten är inte längre tillgänglig", True),
        ("Oferta nie jest już dostępna", True),
        ("この求人は募集を終了しました", True),
        ("The job you are looking for has been filled", True),
        (WORDS, False),
        ("All our jobs. We are hiring. Apply now.", False),
    ],
)
def test_words_of_pages_whose_posting_is_gone(words: str, gone: bool) -> None:
    body = f"<html><body><p>{words}</p></body></html>".encode()
    assert says_gone(Page("https://example.org/1", body, "text/html; charset=utf-8")) is gone
