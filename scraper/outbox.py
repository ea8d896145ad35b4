"""Between the pages that are read and the pipeline: raw pages first, then the posts, in portions of bounded size."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from pipeline.ports import ObjectStore, StoreUnavailable
from pipeline.schema import PostScraped
from scraper import raw
from scraper.known import Known
from scraper.reading import Page
from scraper.report import Report

logger = logging.getLogger(__name__)

PORTION_BYTES = 8_000_000  # of pages held in memory at a time
PORTION_POSTS = 500

Remembered = tuple[str, Known] | None


@dataclass(frozen=True, slots=True)
class Delivered:
    """What became of posts, by their post ids."""

    new: int
    changed: int
    unchanged: int
    failed: frozenset[str]


Deliver = Callable[[Sequence[PostScraped]], Delivered]
Fresh = Callable[[PostScraped], bool]


class Outbox:
    """Holds pages and posts until there are enough for a portion, then stores and sends them in a thread.

    A page's raw copy is stored before its posts are sent, so no message ever names a raw page that is not there.
    Pages whose posts were all sent before are not stored again. With `store` None nothing leaves (a dry run).
    """

    def __init__(self, store: ObjectStore | None, fresh: Fresh, deliver: Deliver, name: str, report: Report) -> None:
        self.store = store
        self.fresh = fresh
        self.deliver = deliver
        self.name = name  # raw/{source}/{crawl}
        self.report = report
        self.known: dict[str, Known] = {}  # what this crawl may remember of its pages
        self._pages: list[tuple[Page, list[PostScraped], Remembered]] = []
        self._bytes = self._posts = self._segments = 0
        self._turn = asyncio.Lock()

    async def add(self, page: Page, posts: list[PostScraped], remembered: Remembered) -> None:
        """Takes a page over; waits while a full portion is on its way."""
        self._pages.append((page, posts, remembered))
        self._bytes += len(page.body)
        self._posts += len(posts)
        if self._bytes >= PORTION_BYTES or self._posts >= PORTION_POSTS:
            await self.flush()

    def saw(self, remembered: Remembered) -> None:
        """Remembers a page that brought no new posts."""
        if remembered:
            self.known[remembered[0]] = remembered[1]

    async def flush(self) -> None:
        """Stores and sends all that is held."""
        async with self._turn:
            pages, self._pages = self._pages, []
            self._bytes = self._posts = 0
            if pages and self.store is not None:
                await asyncio.to_thread(self._send, self.store, pages)

    def _send(self, store: ObjectStore, pages: list[tuple[Page, list[PostScraped], Remembered]]) -> None:
        segment = raw.Segment(self._key())
        posts: list[PostScraped] = []
        for page, found, _ in pages:
            # A page that was to hold a post and held none is kept too: the next parser may read it.
            if found and not any(map(self.fresh, found)):
                posts += found
                continue
            place = segment.add(page)
            posts += [replace(post, raw=place) for post in found]
        try:
            if segment.pages:
                store.put(segment.key, segment.bytes(), raw.CONTENT_TYPE)
                self._segments += 1
            done = self.deliver(posts)
        except StoreUnavailable as error:
            # Nothing is lost: what is not marked as sent comes again with the next crawl.
            logger.error("posts of %d pages were not sent: %s", len(pages), error)
            self.report.errors["not-sent"] += len(posts)
            return
        self.report.new += done.new
        self.report.changed += done.changed
        self.report.unchanged += done.unchanged
        self.report.errors["not-sent"] += len(done.failed)
        for _, found, remembered in pages:
            if remembered and not any(post.post_id in done.failed for post in found):
                self.saw(remembered)

    def _key(self) -> str:
        return f"{self.name}.warc.gz" if self._segments == 0 else f"{self.name}-{self._segments + 1}.warc.gz"
