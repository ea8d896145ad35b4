"""The one spider: drives any source, keeps to its limits, and accounts for every page."""

import logging
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlsplit
from uuid import uuid4

from scrapy import Request, Spider, signals
from scrapy.exceptions import CloseSpider, DontCloseSpider
from scrapy.http import Response
from twisted.python.failure import Failure

from pipeline.schema import PostScraped, timestamp
from pipeline.web.page import Page
from scraper import browser, fetch_failures, sources
from scraper.addresses import Guard
from scraper.browser import GuardedBrowser
from scraper.connections import GuardedResolver
from scraper.crawl_settings import Limits
from scraper.outbox import Outbox
from scraper.postings import Link, Reading, Skip, SourceConfig
from scraper.report import Report
from scraper.scraped_post import make_post
from scraper.visited import VisitedPage

logger = logging.getLogger(__name__)


@dataclass
class CrawlContext:
    """All that one crawl of one source works with, wired once by whoever starts it."""

    config: SourceConfig
    project: str
    user_agent: str
    guard: Guard
    resolver: GuardedResolver
    browser: GuardedBrowser
    outbox: Outbox
    report: Report
    limits: Limits = field(default_factory=Limits)
    visited: dict[str, VisitedPage] = field(default_factory=dict)
    since: str = ""  # ISO date; posts dated before it are left out


class PostSpider(Spider):
    """Plain pages first; the browser only for pages that hold nothing and have scripts.

    `state` outlives an interrupted crawl with a job directory: the addresses that were asked for (`asked`), the pages
    that held no posting by the page that led to them (`empty`), the first pages that a script may fill (`first`), and
    pages that wait for the browser (`waiting`).
    """

    name = "posts"
    handle_httpstatus_list = (304,)

    def __init__(self, context: CrawlContext, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.context = context
        self.source = sources.load(context.config.kind)
        self.state: dict[str, Any] = {}
        self.rendering = 0  # pages that are with the browser now
        self.fruitless = 0  # pages rendered in a row that held nothing then either

    @classmethod
    def from_crawler(cls, crawler: Any, *args: Any, **kwargs: Any) -> "PostSpider":
        spider = super().from_crawler(crawler, *args, **kwargs)
        crawler.signals.connect(spider.retry_in_browser, signal=signals.spider_idle)
        return spider

    async def start(self) -> AsyncIterator[Request]:
        self.state.setdefault("asked", set())
        self.state.setdefault("empty", {})
        self.state.setdefault("first", [])
        self.state.setdefault("waiting", [])
        for url in self.source.start(self.context.config):
            if url not in self.state["asked"]:
                yield self._request(Link(url), level=0, via="")

    async def parse(self, response: Response) -> AsyncIterator[Request]:
        meta, asked = response.meta, cast(Request, response.request)
        if response.status == 304:
            for request in self._unchanged(asked.url, meta):
                yield request
            return
        page = Page(
            url=response.url,
            body=response.body,
            content_type=(response.headers.get("Content-Type") or b"").decode("latin-1"),
            fetched_at=timestamp(datetime.now(UTC)),
            rendered=bool(meta.get("playwright")),
        )
        reading, made = self._read(page)
        self._count(reading, made)
        if made or reading.skips:
            await self.context.outbox.add(page, made, self._visit(response, asked.url, reading))
            self.state["empty"].pop(meta["asked"], None)
            self._mark_as_list(meta["via"])
        if self.context.limits.posts and self.context.report.scraped >= self.context.limits.posts:
            raise CloseSpider("limit")
        # A page that another host answered for may be read, but is no start for a crawl of that host.
        links = reading.links if _host(response.url) == _host(meta["asked"]) else []
        fresh = [link for link in links if link.url not in self.state["asked"]]
        if not made and not reading.skips:
            self.state["empty"][meta["asked"]] = meta["via"]
            self._consider_browser(reading, fresh, page, meta)
            self.context.outbox.remember(self._visit(response, asked.url, reading))
        if page.rendered:
            self.rendering -= 1
            self.fruitless = 0 if made or fresh else self.fruitless + 1
        for request in self._to_render():
            yield request
        for request in self._follow(fresh, meta):
            yield request

    def _read(self, page: Page) -> tuple[Reading, list[PostScraped]]:
        try:
            reading = self.source.read(page, self.context.config)
            return reading, self._make_posts(reading, page)
        except Exception:  # of ours: counted like what else is left out, and the page is read again next time
            logger.exception("%s cannot be read", page.url)
            return Reading(skips=[Skip("fault", page.url)], partial=True), []

    def _follow(self, links: list[Link], meta: dict[str, Any]) -> Iterator[Request]:
        """Requests for links that were not asked for, as deep as we go; not for what the site says is unchanged."""
        context = self.context
        for link in links:
            level = meta["level"] + (not link.turns)
            before = context.visited.get(link.url)
            if link.url in self.state["asked"]:
                continue
            if level > context.limits.level:
                context.report.skipped["too-deep"] += 1
            elif link.changed and before and before.posts and before.changed == link.changed:
                self.state["asked"].add(link.url)
                self._count_unchanged(link.url, before, meta["asked"])
            elif context.since and link.changed and not link.turns and link.changed < context.since:
                context.report.skipped["before-since"] += 1
                self._mark_as_list(meta["asked"])
            else:
                yield self._request(link, level, via=meta["asked"])

    def failed(self, failure: Failure) -> Iterator[Request]:
        why = fetch_failures.classify(cast(BaseException, failure.value))
        counts = self.context.report.errors if why.is_error else self.context.report.skipped
        counts[why.name] += 1
        request = failure.request  # type: ignore[attr-defined]
        logger.info("left out %s: %s (%s)", request.url, why.name, failure.getErrorMessage())
        if request.meta.get("playwright"):
            self.rendering -= 1
            self.fruitless += 1
            self.state["empty"].pop(request.meta["asked"], None)  # it has a reason of its own now
            yield from self._to_render()

    def retry_in_browser(self) -> None:
        """Before giving up on a site that gave nothing: its first pages once more, in the browser."""
        report = self.context.report
        first, self.state["first"] = self.state["first"], []
        if report.scraped or report.unchanged:
            return
        requests = [self._request(Link(url), level=0, via="", rendered=True) for url in first]
        for request in requests:
            self.crawler.engine.crawl(request)
        if requests:
            raise DontCloseSpider

    def _request(self, link: Link, level: int, via: str, rendered: bool = False) -> Request:
        self.state["asked"].add(link.url)
        meta: dict[str, Any] = {"level": level, "via": via, "asked": link.url, "changed": link.changed}
        if rendered:
            meta |= browser.page_meta(self.context.user_agent)
            self.context.report.browser_pages += 1
            self.rendering += 1
        return Request(link.url, self.parse, errback=self.failed, meta=meta, dont_filter=True)

    def _consider_browser(self, reading: Reading, fresh: list[Link], page: Page, meta: dict[str, Any]) -> None:
        if not reading.bare or page.rendered:
            return
        if not any(link.own for link in fresh):
            self.state["waiting"].append((meta["asked"], meta["level"], meta["via"]))
        elif not meta["via"]:
            self.state["first"].append(meta["asked"])

    def _to_render(self) -> Iterator[Request]:
        """Pages for the browser, a few at a time, and none once that has brought nothing time and again."""
        waiting, report = self.state["waiting"], self.context.report
        while waiting and self.rendering + self.fruitless < FRUITLESS:
            if report.browser_pages >= self.context.limits.browser_pages:
                return
            url, level, via = waiting.pop(0)
            yield self._request(Link(url), level, via, rendered=True)

    def _make_posts(self, reading: Reading, page: Page) -> list[PostScraped]:
        context = self.context
        found: list[PostScraped] = []
        for posting in reading.postings:
            if context.limits.posts and context.report.scraped + len(found) >= context.limits.posts:
                reading.partial = True
                break
            made = make_post(posting, page, context.config, context.project, uuid4().hex, context.since)
            if isinstance(made, Skip):
                reading.skips.append(made)
                reading.partial |= made.reason == "before-since"
            else:
                found.append(made.post)
                reading.notes += made.notes
        return found

    def _count(self, reading: Reading, made: list[PostScraped]) -> None:
        report = self.context.report
        for post in made:
            report.count_read(post.post_id)
        for skip in reading.skips:
            report.leave_out(skip)
        if made or reading.skips:
            report.noted.update(reading.notes)

    def _mark_as_list(self, via: str) -> None:
        """The pages that led here are lists, not pages without a posting."""
        while via in self.state["empty"]:
            via = self.state["empty"].pop(via)

    def _unchanged(self, url: str, meta: dict[str, Any]) -> Iterator[Request]:
        """What the page led to when it was read, now that it is answered with 304."""
        before = self.context.visited[url]
        self._count_unchanged(url, before, meta["via"])
        return self._follow([Link(link, turns) for link, turns in before.links], meta)

    def _count_unchanged(self, url: str, page: VisitedPage, via: str) -> None:
        self.context.report.unchanged += page.posts
        self.context.outbox.remember((url, page))
        if page.posts:
            self._mark_as_list(via)
        else:
            self.state["empty"][url] = via

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


def _host(url: str) -> str:
    return urlsplit(url).netloc
