"""Between the pages that are read and the pipeline: raw pages first, then the posts, in portions of bounded size."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from uuid import uuid4

from pipeline import ingest
from pipeline.ports import ObjectStore, SeenPosts, Sender, Sighting, StoreUnavailable
from pipeline.schema import PostScraped
from pipeline.web import warc
from pipeline.web.page import Page
from scraper.believed_ids import BelievedIds, Undecided
from scraper.known_postings import KnownPostings
from scraper.report import Report
from scraper.visited import VisitedPage

logger = logging.getLogger(__name__)

PORTION_BYTES = 8_000_000  # of pages held in memory at a time
PORTION_POSTS = 500

Visit = tuple[str, VisitedPage] | None


@dataclass(slots=True)
class Parcel:
    """A page and the posts on it. `addresses`: where each of them stands; empty where its id is as it was given.

    `key`: what the journal calls the page.
    """

    page: Page | None
    posts: list[PostScraped]
    visit: Visit = None
    addresses: Sequence[str] = ()
    key: str = ""
    read: int = field(init=False)

    def __post_init__(self) -> None:
        self.read = len(self.posts)


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
        self.ids = BelievedIds(report)
        self.known: KnownPostings | None = None  # which postings are there, where that is to be remembered
        self.finished: Callable[[str, int], None] = lambda key, posts: None  # told of each page whose posts were sent
        self._parcels: list[Parcel] = []
        self._undecided: list[Parcel] = []
        self._bytes = self._posts = self._segments = 0
        self._turn = asyncio.Lock()

    async def add(
        self,
        page: Page | None,
        posts: list[PostScraped],
        visit: Visit = None,
        addresses: Sequence[str] = (),
        key: str = "",
    ) -> None:
        """Takes a page over; waits while a full portion is on its way. Rows of a file come without a page."""
        self._parcels.append(Parcel(page, posts, visit, addresses, key))
        self._bytes += len(page.body) if page else sum(len(post.text) for post in posts)
        self._posts += len(posts)
        if self._bytes >= PORTION_BYTES or self._posts >= PORTION_POSTS:
            await self.flush()

    def note_unchanged(self, url: str) -> None:
        """A page that is as it was, though it was not read again."""
        self.ids.note_alive(url)
        if self.known:
            self.known.see_page(url)

    def remember(self, visit: Visit) -> None:
        """Remembers a page that brought no new posts; of a dry run there is nobody to remember it for."""
        if visit and self.sink:
            self.visited[visit[0]] = visit[1]

    async def flush(self, at_end: bool = False) -> None:
        """Stores and sends all that is held; at the end of the crawl also what waited for it to be decided."""
        async with self._turn:
            parcels, self._parcels = self._parcels, []
            self._bytes = self._posts = 0
            if parcels:
                await asyncio.to_thread(self._handle, parcels)
            if at_end and self._undecided:
                parcels, self._undecided = self._undecided, []
                await asyncio.to_thread(self._handle, parcels, at_end)

    def _handle(self, parcels: list[Parcel], at_end: bool = False) -> None:
        seen = _ReadOnce(self.sink.seen, self.ids) if self.sink else None
        decided = []
        try:
            for parcel in parcels:
                try:
                    self._decide(parcel, seen, at_end)
                    decided.append(parcel)
                except Undecided:
                    self._undecided.append(parcel)
        except StoreUnavailable as error:
            self._not_sent(parcels, error)
            return
        if self.sink and seen:
            self._send(self.sink, seen, decided)
        else:
            for parcel in decided:
                self.finished(parcel.key, parcel.read)

    def _decide(self, parcel: Parcel, seen: "_ReadOnce | None", at_end: bool) -> None:
        kept = []
        for number, post in enumerate(parcel.posts):
            known = self.ids.decide(post, parcel.addresses[number], _reader(seen), at_end) if parcel.addresses else post
            self.report.count_post((known or post).post_id, post.title)
            if known:
                kept.append(known)
                self._see(known, parcel, number)
            elif self.sink:
                self.report.unchanged += 1
        parcel.posts, parcel.addresses = kept, ()

    def _see(self, post: PostScraped, parcel: Parcel, number: int) -> None:
        at = parcel.page.url if parcel.page else parcel.addresses[number] if parcel.addresses else ""
        # Of a file's rows only the end that they name is of interest.
        if self.known and (at or post.details.valid_through):
            self.known.see(post, at)

    def _not_sent(self, parcels: list[Parcel], error: Exception) -> None:
        # Nothing is lost: what is not marked as sent comes again with the next crawl.
        logger.error("the posts of %d pages were not sent: %s", len(parcels), error)
        self.report.errors["not-sent"] += sum(len(parcel.posts) for parcel in parcels)

    def _send(self, sink: Sink, seen: "_ReadOnce", parcels: list[Parcel]) -> None:
        segment = warc.Segment(self._key())
        posts: list[PostScraped] = []
        try:
            for parcel in parcels:
                # A page that was to hold a post and held none is kept too: the next parser may read it.
                if parcel.page is None or (parcel.read and all(map(seen.was_sent, parcel.posts))):
                    posts += parcel.posts
                    continue
                read = [(post.post_id, post.language, post.revision) for post in parcel.posts]
                trace = parcel.posts[0].trace_id if parcel.posts else uuid4().hex
                place = segment.add(parcel.page, {**self.about, "trace_id": trace, "posts": read})
                posts += [replace(post, raw=place) for post in parcel.posts]
            if segment.pages:
                sink.store.put(segment.key, segment.bytes(), warc.CONTENT_TYPE)
                self._segments += 1
        except StoreUnavailable as error:
            self._not_sent(parcels, error)
            return
        done = ingest.send_new(posts, seen, sink.queue, sink.store)
        self.report.new += len(done.new)
        self.report.changed += len(done.changed) + len(done.late)
        self.report.unchanged += len(done.unchanged)
        for post, why in done.failed:
            logger.error("not sent: %s: %s", post.url, why)
            self.report.errors["not-sent"] += 1
        failed = {post.post_id for post, _ in done.failed}
        for parcel in parcels:
            if not any(post.post_id in failed for post in parcel.posts):
                self.remember(parcel.visit)
                self.finished(parcel.key, parcel.read)

    def _key(self) -> str:
        return f"{self.name}.warc.gz" if self._segments == 0 else f"{self.name}-{self._segments + 1}.warc.gz"


class _ReadOnce:
    """The `seen` table for one portion: each row is read once, for the id, the raw page and the post alike."""

    def __init__(self, inner: SeenPosts, ids: BelievedIds) -> None:
        self.inner = inner
        self.ids = ids
        self.rows: dict[tuple[str, str, str], Sighting | None] = {}

    def was_sent(self, post: PostScraped) -> bool:
        row = self.read(post.project, post.post_id, post.language)
        return row is not None and row.state == "sent" and row.revision == post.revision

    def read(self, project: str, post_id: str, language: str) -> Sighting | None:
        key = (project, post_id, language)
        if key not in self.rows:
            self.rows[key] = self.inner.read(*key)
        return self.rows[key]

    def claim(
        self, project: str, post_id: str, language: str, revision: str, fetched_at: str, claim_id: str, origin: str = ""
    ) -> bool:
        self.rows.pop((project, post_id, language), None)
        origin = origin or self.ids.find_origin(post_id, language)
        return self.inner.claim(project, post_id, language, revision, fetched_at, claim_id, origin)

    def mark_sent(self, project: str, post_id: str, language: str, claim_id: str) -> bool:
        return self.inner.mark_sent(project, post_id, language, claim_id)


def _reader(seen: _ReadOnce | None) -> Callable[[PostScraped], Sighting | None]:
    return lambda post: seen.read(post.project, post.post_id, post.language) if seen else None
