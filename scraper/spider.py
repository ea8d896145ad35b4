"""The one spider: drives any source, keeps to its limits, and accounts for every page."""

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from pipeline.schema import PostScraped, timestamp
from pipeline.web.page import Page
from scraper import browser, fetch_failures, sources
from scraper.crawl_context import CrawlContext
from scraper.identity import canonical_url
from scraper.postings import Link, Posting, Reading, Skip
from scraper.scraped_post import make_post
from scraper.visited import VisitedPage

logger = logging.getLogger(__name__)


class PostSpider(Spider):
    """Plain pages first; the browser only for pages that hold nothing and have scripts.

    Addresses are told apart by `canonical_url`, and fetched as they are written.
    """

    name = "posts"
    handle_httpstatus_list = (304,)

    def __init__(self, context: CrawlContext, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.context = context
        self.source = sources.load(context.config.kind)
        self.asked = {hash(key) for key in context.journal.asked}  # a quarter of the memory of the addresses
        self.empty: dict[str, str] = {}  # pages that held no posting, by the page that led to them
        self.first: list[str] = []  # first pages that a script may fill
        self.waiting: list[tuple[str, int, str]] = []  # pages that wait for the browser
        self.read_pages: set[int] = set()  # addresses whose own postings were read
        self.teasers: dict[str, tuple[PostScraped, str]] = {}  # by the address of their own page
        self.found: set[int] = set()  # postings, to see whether the next pages of a list bring any
        self.rendering = 0  # pages that are with the browser now
        self.fruitless = 0  # pages rendered in a row that held nothing then either

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> "PostSpider":
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.retry_in_browser, signal=signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        for ask in list(self.context.journal.pending.values()):
            yield self._make_request(Link(**ask.pop("link")), ask)
        for given in self.source.start(self.context.config):
            if not self._was_asked(link := given if isinstance(given, Link) else Link(given)):
                yield self._request(link, level=0, via="")

    async def parse(self, response: Response) -> AsyncIterator[Request]:
        meta, asked = response.meta, cast(Request, response.request)
        if response.status == 304:
            for request in self._unchanged(asked.url, meta):
                yield request
            return
        page = Page(
            # Where a body was sent, the fragment says which.
            url=response.url if asked.method == "GET" else meta["asked"],
            body=response.body,
            content_type=(response.headers.get("Content-Type") or b"").decode("latin-1"),
            fetched_at=timestamp(datetime.now(UTC)),
            rendered=bool(meta.get("playwright")),
        )
        reading, made, addresses = self._read(page)
        self._count(reading, made)
        before = len(self.found)
        self.found.update(hash((post.post_id, post.title)) for post in made)
        visit = self._visit(response, asked.url, reading)
        links = reading.links if self.context.leads_on(response, meta) else []
        fresh = [link for link in links if not self._was_asked(link)]
        waits = False
        if not made and not reading.skips:
            self.empty[meta["asked"]] = meta["via"]
            waits = self._consider_browser(reading, fresh, page, meta)
            self.context.look_for_boards(page)
            self.context.outbox.remember(visit)
        if page.rendered:
            self.rendering -= 1
            self.fruitless = 0 if made or fresh else self.fruitless + 1
        self.context.look_for_end(page, reading, bool(made))
        # Its links are written down before the page counts as done.
        requests = list(self._follow(fresh, meta, grew=len(self.found) > before))
        if made or reading.skips:
            for key in {meta["key"], canonical_url(page.url)} if made else ():
                self.read_pages.add(hash(key))
                self.teasers.pop(key, None)
            self.empty.pop(meta["asked"], None)
            self._mark_as_list(meta["via"])
            await self.context.outbox.add(page, made, visit, addresses, "" if reading.teasers else meta["key"])
        elif not waits and not reading.teasers:
            self.context.journal.finish(meta["key"], 0)
        for request in self._to_render():
            yield request
        for request in requests:
            yield request
        if self.context.limits.posts and self.context.report.scraped >= self.context.limits.posts:
            raise CloseSpider("limit")

    def _was_asked(self, link: Link) -> bool:
        return hash(_key(link)) in self.asked

    def _read(self, page: Page) -> tuple[Reading, list[PostScraped], list[str]]:
        """What the page gave, its posts, and where each of them stands."""
        try:
            reading = self.source.read(page, self.context.config)
            for posting in reading.teasers:
                at = canonical_url(posting.url)
                if hash(at) not in self.read_pages and (made := self._make(posting, page, Reading())):
                    self.teasers[at] = made, posting.url
            posts, addresses = self._make_posts(reading, page)
            return reading, posts, addresses
        except Exception:  # of ours: counted like what else is left out, and the page is read again next time
            logger.exception("%s cannot be read", page.url)
            return Reading(skips=[Skip("fault", page.url)], partial=True), [], []

    def _follow(self, links: list[Link], meta: dict[str, Any], grew: bool = False) -> Iterator[Request]:
        """Requests for links that were not asked for, as deep as we go; not for what the site says is unchanged."""
        context = self.context
        found = len(self.found) + context.report.unchanged
        barren = 0 if grew or found > meta["found"] else meta["barren"]
        for link in links:
            level = meta["level"] + (not link.turns)
            before = context.visited.get(link.url)
            if self._was_asked(link):
                continue
            if link.turns and barren >= BARREN:
                context.report.skipped["endless-list"] += 1
            elif level > context.limits.level:
                context.report.skipped["too-deep"] += 1
            elif link.changed and before and before.posts and before.changed == link.changed:
                self.asked.add(hash(_key(link)))
                self._count_unchanged(link.url, before, meta["asked"])
            elif context.since and link.changed and not link.turns and link.changed < context.since:
                context.report.skipped["before-since"] += 1
                self._mark_as_list(meta["asked"])
            else:
                yield self._request(link, level, meta["asked"], found=found, barren=barren + 1 if link.turns else 0)

    def failed(self, failure: Failure) -> Iterator[Request]:
        why = fetch_failures.classify(cast(BaseException, failure.value))
        counts = self.context.report.errors if why.is_error else self.context.report.skipped
        counts[why.name] += 1
        request = failure.request  # type: ignore[attr-defined]
        self.context.journal.finish(request.meta["key"], 0)
        if self.context.note_failure((request.meta["asked"], request.url), why.name):
            self.teasers.pop(request.meta["key"], None)  # the posting is gone, whoever still points to it
        logger.info("left out %s: %s (%s)", request.url, why.name, failure.getErrorMessage())
        if request.meta.get("playwright"):
            self.rendering -= 1
            self.fruitless += 1
            self.empty.pop(request.meta["asked"], None)  # it has a reason of its own now
            yield from self._to_render()

    def retry_in_browser(self) -> None:
        """Before giving up on a site that gave nothing: its first pages once more, in the browser."""
        report = self.context.report
        first, self.first = self.first, []
        if report.scraped or report.unchanged:
            return
        requests = [self._request(Link(url), level=0, via="", rendered=True) for url in first]
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def _request(
        self, link: Link, level: int, via: str, rendered: bool = False, found: int = 0, barren: int = 0
    ) -> Request:
        """`barren`: how many next pages in a row brought no posting; `found`: how many there were before the last."""
        key = _key(link)
        self.asked.add(hash(key))
        ask = {"level": level, "via": via, "found": found, "barren": barren}
        self.context.journal.ask(key, {"link": asdict(link), **ask})
        return self._make_request(link, ask, rendered)

    def _make_request(self, link: Link, ask: dict[str, Any], rendered: bool = False) -> Request:
        meta = {**ask, "asked": link.url, "key": _key(link), "changed": link.changed}
        if rendered:
            meta |= browser.page_meta(self.context.user_agent)
            self.context.report.browser_pages += 1
            self.rendering += 1
        posted: dict[str, Any] = {}
        if link.body:
            posted = {"method": "POST", "body": link.body, "headers": {"Content-Type": "application/json"}}
        return Request(link.url, self.parse, errback=self.failed, meta=meta, dont_filter=True, **posted)

    def _consider_browser(self, reading: Reading, fresh: list[Link], page: Page, meta: dict[str, Any]) -> bool:
        """True where the page is to be looked at again."""
        if not reading.bare or page.rendered:
            return False
        if not any(link.own for link in fresh):
            self.waiting.append((meta["asked"], meta["level"], meta["via"]))
        elif not meta["via"]:
            self.first.append(meta["asked"])
        else:
            return False
        return True

    def _to_render(self) -> Iterator[Request]:
        """Pages for the browser, a few at a time, and none once that has brought nothing time and again."""
        waiting, report = self.waiting, self.context.report
        while waiting and self.rendering + self.fruitless < FRUITLESS:
            if report.browser_pages >= self.context.limits.browser_pages:
                return
            url, level, via = waiting.pop(0)
            yield self._request(Link(url), level, via, rendered=True)

    def _make_posts(self, reading: Reading, page: Page) -> tuple[list[PostScraped], list[str]]:
        context = self.context
        found: list[PostScraped] = []
        addresses: list[str] = []
        for posting in reading.postings:
            if context.limits.posts and context.report.scraped + len(found) >= context.limits.posts:
                reading.partial = True
                break
            if post := self._make(posting, page, reading):
                found.append(post)
                addresses.append(posting.page or post.url)
        return found, addresses

    def _make(self, posting: Posting, page: Page, reading: Reading) -> PostScraped | None:
        context = self.context
        made = make_post(posting, page, context.config, context.project, uuid4().hex, context.since)
        if isinstance(made, Skip):
            reading.skips.append(made)
            reading.partial |= made.reason == "before-since"
            return None
        reading.notes += made.notes
        context.report.note_unread(made.unread)
        return made.post

    async def send_teasers(self) -> None:
        """At the end: postings whose own page gave none."""
        for post, address in self.teasers.values():
            self.context.report.scraped += 1
            await self.context.outbox.add(None, [post], None, [address])

    def _count(self, reading: Reading, made: list[PostScraped]) -> None:
        report = self.context.report
        report.scraped += len(made)
        for skip in reading.skips:
            report.leave_out(skip)
        if made or reading.skips:
            report.noted.update(reading.notes)

    def _mark_as_list(self, via: str) -> None:
        """The pages that led here are lists, not pages without a posting."""
        while via in self.empty:
            via = self.empty.pop(via)

    def _unchanged(self, url: str, meta: dict[str, Any]) -> Iterator[Request]:
        """What the page led to when it was read, now that it is answered with 304."""
        before = self.context.visited[url]
        self._count_unchanged(url, before, meta["via"])
        requests = list(self._follow([Link(link, turns) for link, turns in before.links], meta, grew=before.posts > 0))
        self.context.journal.finish(meta["key"], before.posts)
        return iter(requests)

    def _count_unchanged(self, url: str, page: VisitedPage, via: str) -> None:
        self.context.report.unchanged += page.posts
        self.context.outbox.note_unchanged(url)
        self.context.outbox.remember((url, page))
        if page.posts:
            self._mark_as_list(via)
        else:
            self.empty[url] = via

    def _visit(self, response: Response, url: str, reading: Reading) -> tuple[str, VisitedPage] | None:
        """What to remember of a page for the next crawl; nothing of one that must be looked at again then."""
        if response.meta.get("playwright") or reading.bare or reading.partial:
            return None
        etag, modified = ((response.headers.get(name) or b"").decode("latin-1") for name in ("ETag", "Last-Modified"))
        # What came by a redirect is asked for by the address that redirects.
        changed = response.meta["changed"]
        if not (etag or modified or changed) or response.meta.get("redirect_times"):
            return None
        links = tuple((link.url, link.turns) for link in reading.links)
        return url, VisitedPage(etag, modified, len(reading.postings), links, changed)


FRUITLESS = 5
BARREN = 20  # next pages in a row without a new posting, after which a list is taken for endless


def _key(link: Link) -> str:
    """What tells one request from another."""
    return canonical_url(link.url) + (f" {link.body}" if link.body else "")
