"""Pages and posts on their way to the pipeline, with a store or queue that fails."""

import asyncio
from dataclasses import replace
from typing import Any

from pipeline import text
from pipeline.ports import StoreUnavailable
from pipeline.schema import PostScraped, post_id
from pipeline.web.page import Page
from scraper.outbox import PORTION_POSTS, Outbox, Sink
from scraper.report import Report
from scraper.visited import VisitedPage
from tests.fakes.memory import MemoryClock, MemoryQueue, MemorySeen, MemoryStore

PAGE = Page("https://example.org/1", b"<p>x</p>", "text/html", "2026-03-01T12:00:00Z")
KNOWN = ("https://example.org/1", VisitedPage('"1"', "", 1))


def post(number: int, words: str = "Mend clocks.") -> PostScraped:
    return PostScraped(
        "job-posts", "clocks", f"HC-{number}", post_id("clocks", f"HC-{number}"), text.revision(words), PAGE.url,
        "Clockmaker", "", "", "", "en", words, "2026-03-01T12:00:00.000000Z", f"t{number}",
    )  # fmt: skip


class World:
    def __init__(self) -> None:
        clock = MemoryClock()
        self.sink = Sink(MemoryStore(), MemorySeen(clock), MemoryQueue(clock))
        self.report = Report("clocks")
        self.outbox = Outbox(self.sink, "raw/clocks/1", self.report, {"project": "job-posts"})

    def run(self, *pages: tuple[Page | None, list[PostScraped], Any]) -> None:
        async def main() -> None:
            for one in pages:
                await self.outbox.add(*one)
            await self.outbox.flush()

        asyncio.run(main())

    def keys(self) -> list[str]:
        return [one.key for one in self.sink.store.list("raw/")]

    def sent(self) -> int:
        return self.sink.queue.depth()[0]  # type: ignore[attr-defined]


def test_large_crawls_go_in_portions_each_with_its_own_raw_file() -> None:
    world = World()
    world.run(*((PAGE, [post(number)], None) for number in range(2 * PORTION_POSTS + 1)))
    assert world.keys() == [f"raw/clocks/1{part}.warc.gz" for part in ("-2", "-3", "")]
    assert (world.sent(), world.report.new) == (2 * PORTION_POSTS + 1, 2 * PORTION_POSTS + 1)


def test_a_page_whose_posts_were_all_sent_is_not_stored_again() -> None:
    world = World()
    world.run((PAGE, [post(1)], None))
    world.run((PAGE, [post(1)], None))
    assert len(world.keys()) == 1
    assert (world.report.new, world.report.unchanged) == (1, 1)


def test_a_changed_post_is_stored_and_sent() -> None:
    world = World()
    world.run((PAGE, [post(1)], None))
    world.run((PAGE, [replace(post(1, "Mend towers."), fetched_at="2026-03-02T12:00:00.000000Z")], None))
    assert (world.report.new, world.report.changed, len(world.keys())) == (1, 1, 2)


def test_a_post_twice_in_one_portion_is_sent_once() -> None:
    world = World()
    world.run((PAGE, [post(1)], None), (PAGE, [post(1)], None))
    assert (world.sent(), world.report.new, world.report.unchanged) == (1, 1, 1)


def test_rows_of_a_file_have_no_raw_page() -> None:
    world = World()
    world.run((None, [post(1)], None))
    assert (world.keys(), world.sent()) == ([], 1)


def test_nothing_is_sent_when_its_raw_page_could_not_be_stored_and_all_comes_again() -> None:
    world = World()
    put = world.sink.store.put

    def away(*_: Any) -> None:
        raise StoreUnavailable("S3 is away")

    world.sink.store.put = away  # type: ignore[assignment, method-assign]
    world.run((PAGE, [post(1)], KNOWN))
    assert (world.sent(), world.report.errors["not-sent"], world.outbox.visited) == (0, 1, {})

    world.sink.store.put = put  # type: ignore[method-assign]
    world.run((PAGE, [post(1)], KNOWN))
    assert (world.sent(), world.outbox.visited) == (1, dict([KNOWN]))


def test_a_dry_run_leaves_nothing() -> None:
    report = Report("clocks")

    async def main() -> None:
        outbox = Outbox(None, "raw/clocks/1", report)
        await outbox.add(PAGE, [post(1)], KNOWN)
        await outbox.flush()

    asyncio.run(main())
    assert report.sent == 0
