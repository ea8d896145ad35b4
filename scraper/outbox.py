"""Between the pages that are read and the pipeline: raw pages first, then the posts, in portions of bounded size."""

import asyncio
import logging
from dataclasses import dataclass, replace
from uuid import uuid4

from pipeline import ingest
from pipeline.ports import ObjectStore, SeenPosts, Sender, Sighting, StoreUnavailable
from pipeline.schema import PostScraped
from pipeline.web import warc
from pipeline.web.page import Page
from scraper.report import Report
from scraper.visited import VisitedPage

logger = logging.getLogger(__name__)

PORTION_BYTES = 8_000_000  # of pages held in memory at a time
PORTION_POSTS = 500

Visit = tuple[str, VisitedPage] | None


@dataclass(frozen=True, slots=True)
class Sink:
    """Where posts and raw pages go: the posts bucket, the `seen` table, the ingest queue."""

    store: ObjectStore
    seen: SeenPosts
    queue: Sender


class Outbox:
    """Holds pages and posts until there are enough for a portion, then stores and sends them in a thread.

    A page's raw copy is stored before its posts are sent, so no message ever names a raw page that is not there.
    Pages whose posts were all sent before are not stored again. With `sink` None nothing leaves (a dry run).
    """

    def __init__(self, sink: Sink | None, name: str, report: Report, about: warc.About | None = None) -> None:
        self.sink = sink
        self.about = about or {}  # how the pages are read, kept beside each
        self.name = name  # raw/{source}/{crawl}
        self.report = report
        self.visited: dict[str, VisitedPage] = {}  # what this crawl may remember of its pages
        self._pages: list[tuple[Page | None, list[PostScraped], Visit]] = []
        self._bytes = self._posts = self._segments = 0
        self._turn = asyncio.Lock()

    async def add(self, page: Page | None, posts: list[PostScraped], visit: Visit = None) -> None:
        """Takes a page over; waits while a full portion is on its way. Rows of a file come without a page."""
        self._pages.append((page, posts, visit))
        self._bytes += len(page.body) if page else sum(len(post.text) for post in posts)
        self._posts += len(posts)
        if self._bytes >= PORTION_BYTES or self._posts >= PORTION_POSTS:
            await self.flush()

    def remember(self, visit: Visit) -> None:
        """Remembers a page that brought no new posts."""
        if visit:
            self.visited[visit[0]] = visit[1]

    async def flush(self) -> None:
        """Stores and sends all that is held."""
        async with self._turn:
            pages, self._pages = self._pages, []
            self._bytes = self._posts = 0
            if pages and self.sink:
                await asyncio.to_thread(self._send, self.sink, pages)

    def _send(self, sink: Sink, pages: list[tuple[Page | None, list[PostScraped], Visit]]) -> None:
        segment = warc.Segment(self._key())
        posts: list[PostScraped] = []
        seen = _ReadOnce(sink.seen)
        try:
            for page, found, _ in pages:
                # A page that was to hold a post and held none is kept too: the next parser may read it.
                if page is None or (found and all(map(seen.was_sent, found))):
                    posts += found
                    continue
                read = [(post.post_id, post.language, post.revision) for post in found]
                trace = found[0].trace_id if found else uuid4().hex
                place = segment.add(page, {**self.about, "trace_id": trace, "posts": read})
                posts += [replace(post, raw=place) for post in found]
            if segment.pages:
                sink.store.put(segment.key, segment.bytes(), warc.CONTENT_TYPE)
                self._segments += 1
        except StoreUnavailable as error:
            # Nothing is lost: what is not marked as sent comes again with the next crawl.
            logger.error("the posts of %d pages were not sent: %s", len(pages), error)
            self.report.errors["not-sent"] += sum(len(found) for _, found, _ in pages)
            return
        done = ingest.send_new(posts, seen, sink.queue, sink.store)
        self.report.new += len(done.new)
        self.report.changed += len(done.changed) + len(done.late)
        self.report.unchanged += len(done.unchanged)
        for post, why in done.failed:
            logger.error("not sent: %s: %s", post.url, why)
            self.report.errors["not-sent"] += 1
        failed = {post.post_id for post, _ in done.failed}
        for _, found, visit in pages:
            if visit and not any(post.post_id in failed for post in found):
                self.remember(visit)

    def _key(self) -> str:
        return f"{self.name}.warc.gz" if self._segments == 0 else f"{self.name}-{self._segments + 1}.warc.gz"


class _ReadOnce:
    """The `seen` table for one portion: each row is read once, for the raw page and for the post alike."""

    def __init__(self, inner: SeenPosts) -> None:
        self.inner = inner
        self.rows: dict[tuple[str, str, str], Sighting | None] = {}

    def was_sent(self, post: PostScraped) -> bool:
        row = self.read(post.project, post.post_id, post.language)
        return row is not None and row.state == "sent" and row.revision == post.revision

    def read(self, project: str, post_id: str, language: str) -> Sighting | None:
        key = (project, post_id, language)
        if key not in self.rows:
            self.rows[key] = self.inner.read(*key)
        return self.rows[key]

    def claim(self, project: str, post_id: str, language: str, revision: str, fetched_at: str, claim_id: str) -> bool:
        self.rows.pop((project, post_id, language), None)
        return self.inner.claim(project, post_id, language, revision, fetched_at, claim_id)

    def mark_sent(self, project: str, post_id: str, language: str, claim_id: str) -> bool:
        return self.inner.mark_sent(project, post_id, language, claim_id)
