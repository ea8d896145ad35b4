"""Runs a source: crawls the web with Scrapy, or imports files. Gives back the report."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

from scrapy.crawler import AsyncCrawlerRunner, Crawler

from pipeline.ports import StoreUnavailable
from pipeline.web import warc
from pipeline.web.addresses import Guard, names_loopback
from scraper import connections, known_postings, row_files, sources, visited
from scraper.browser import GuardedBrowser
from scraper.crawl_context import CrawlContext
from scraper.crawl_settings import Limits, make_user_agent, scrapy_settings
from scraper.journal import Journal
from scraper.known_postings import KnownPostings
from scraper.outbox import Outbox, Sink
from scraper.postings import Skip, SourceConfig
from scraper.report import FINISHED, Report
from scraper.scraped_post import Made, make_post
from scraper.spider import PostSpider

logger = logging.getLogger(__name__)

Progress = Callable[[Report], None]


@dataclass(frozen=True)
class Order:
    """What to crawl, and how far."""

    config: SourceConfig
    project: str
    limits: Limits = field(default_factory=Limits)
    allow_loopback: bool = False
    since: str = ""
    jobdir: str | None = None

    @property
    def local(self) -> bool:
        """The site is on this machine, and asked for."""
        return self.allow_loopback and names_loopback(self.config.address)

    def check(self, env: Mapping[str, str]) -> None:
        """Raises ValueError for what is wrong with the order, so that it is told before anything is started."""
        source = sources.load(self.config.kind)
        source.start(self.config)
        if not sources.reads_files(source):
            self.make_user_agent(env)

    def make_user_agent(self, env: Mapping[str, str]) -> str:
        """Raises `NoContact`."""
        return make_user_agent(env.get("LABELMILL_CONTACT", ""), self.local)


@dataclass(frozen=True)
class Adapters:
    """What a crawl reaches outside of itself. `sink` is None where nothing may leave (a dry run)."""

    sink: Sink | None
    open_bucket: row_files.OpenBucket
    env: Mapping[str, str]
    getaddrinfo: connections.GetAddrInfo | None = None


async def run(
    order: Order, adapters: Adapters, progress: Progress | None = None, stop: asyncio.Event | None = None
) -> Report:
    """One run of one source, in a running asyncio reactor. That it gave nothing is told in the report, not raised.

    Once `stop` is set, what is in hand is finished and sent, and nothing else is begun.
    """
    started = time.monotonic()
    if sources.reads_files(sources.load(order.config.kind)):
        report = await _import(order, adapters, progress, stop)
    else:
        report = await _crawl(order, adapters, progress, stop)
    report.seconds = time.monotonic() - started
    return report


def crawl_id(now: datetime) -> str:
    """Sorts by time; two crawls of one second differ."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


async def _crawl(order: Order, adapters: Adapters, progress: Progress | None, stop: asyncio.Event | None) -> Report:
    config = order.config
    report = Report(config.name)
    guard = Guard(order.allow_loopback)
    sink = adapters.sink
    journal = Journal(order.jobdir)
    if journal.ended:
        report.stopped = FINISHED
        journal.close(whole=False)
        return report
    known = KnownPostings(f"{config.kind}:{config.address}")
    outbox = Outbox(sink, f"raw/{config.name}/{crawl_id(datetime.now(UTC))}", report, _about(order))
    before = visited.load(sink.store, config.name, order.project) if sink else {}
    if sink:
        known.load(sink.store, config.name, order.project)
        outbox.known = known
    context = CrawlContext(
        config=config,
        project=order.project,
        user_agent=order.make_user_agent(adapters.env),
        guard=guard,
        resolver=connections.install(guard, adapters.getaddrinfo),
        browser=GuardedBrowser(guard, adapters.env),
        outbox=outbox,
        report=report,
        limits=order.limits,
        journal=journal,
        visited=before,
        since=order.since,
    )
    settings = scrapy_settings(order.limits, context.user_agent, order.local)
    outbox.finished = journal.finish
    posts_before = journal.posts
    try:
        await _run_spider(context, settings, progress, stop)
        await outbox.flush(at_end=True)
    finally:
        journal.close(whole=not report.stopped)
    # A crawl that goes on where another stopped has found what that one found.
    report.failure = "" if posts_before else _failure(report, config)
    # A crawl that saw the whole site forgets what is gone from it; one that was stopped forgets nothing.
    pages = {**before, **outbox.visited} if report.stopped or journal.resumed else outbox.visited
    if sink:
        limited = (journal.resumed, order.since)
        _tell_ended(known, sink, report, order, known_postings.is_complete(report, limited))
    if sink and not report.failure and pages != before:
        visited.save(sink.store, config.name, order.project, pages)
    return report


def _tell_ended(known: KnownPostings, sink: Sink, report: Report, order: Order, complete: bool) -> None:
    try:
        known.settle(sink.store, sink.queue, report, order.project, complete)
    except StoreUnavailable as error:  # the next crawl tells it
        logger.error("it is not told which postings have ended: %s", error)
        report.errors["not-sent"] += 1


async def _import(order: Order, adapters: Adapters, progress: Progress | None, stop: asyncio.Event | None) -> Report:
    """Row after row into the outbox. Raises ValueError when there is no such file."""
    config, report = order.config, Report(order.config.name)
    source: row_files.FileSource = sources.load(config.kind)  # type: ignore[assignment]
    outbox = Outbox(adapters.sink, "", report)
    if adapters.sink:
        outbox.known = KnownPostings(f"{config.kind}:{config.address}")
        outbox.known.load(adapters.sink.store, config.name, order.project)
    for file in row_files.find(config.address, source.suffix, adapters.open_bucket):
        page = row_files.stand_in(file)
        for number, posting in enumerate(row_files.read_postings(source, file, config)):
            made: Made | Skip
            if isinstance(posting, Skip):
                made = posting
            else:
                made = make_post(posting, page, config, order.project, uuid4().hex, order.since)
            if isinstance(made, Skip):
                report.leave_out(made)
            else:
                report.scraped += 1
                report.noted.update(made.notes)
                report.note_unread(made.unread)
                await outbox.add(None, [made.post])
            if number % 200 == 0:
                await asyncio.sleep(0)  # lets a signal in
                if progress:
                    progress(report)
            report.stopped = _why_stopped(order, report, stop)
            if report.stopped:
                break
        if report.stopped:
            break
    await outbox.flush()
    report.failure = _failure(report, config)
    if adapters.sink and outbox.known:
        _tell_ended(outbox.known, adapters.sink, report, order, complete=False)
    return report


def _about(order: Order) -> warc.About:
    """What a stored page must say of itself to be read again."""
    config = order.config
    return {
        "project": order.project,
        "source": config.name,
        "kind": config.kind,
        "address": config.address,
        "fields": dict(config.fields),
    }


async def _run_spider(
    context: CrawlContext, settings: dict[str, Any], progress: Progress | None, stop: asyncio.Event | None
) -> None:
    report = context.report
    provider = {"PLAYWRIGHT_BROWSER_PROVIDER": lambda config: context.browser}
    runner = AsyncCrawlerRunner({**settings, **provider})
    crawler = runner.create_crawler(PostSpider)
    beside = [asyncio.create_task(_show(report, progress))] if progress else []
    if stop:
        beside.append(asyncio.create_task(_stop_when(crawler, stop)))
    try:
        await runner.crawl(crawler, context=context)
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    stats = crawler.stats
    report.requests = stats.get_value("downloader/request_count", 0)
    report.received_bytes = stats.get_value("downloader/response_bytes", 0) + context.browser.proxy.bytes_in
    report.stopped = _STOPPED.get(stats.get_value("finish_reason", ""), "")
    spider = cast(PostSpider, crawler.spider)
    if not report.stopped:
        await spider.send_teasers()
    # Of a crawl that was stopped, nobody knows what they would have led to.
    if spider.empty and not report.stopped:
        report.skipped["no-posting"] += len(spider.empty)


_STOPPED = {
    "shutdown": "signal",
    "limit": "limit",
    "closespider_pagecount": "pages",
    "closespider_timeout": "time",
}


async def _stop_when(crawler: Crawler, stop: asyncio.Event) -> None:
    await stop.wait()
    logger.warning("stopping: the pages in hand are finished first")
    await crawler.stop_async()


async def _show(report: Report, progress: Progress) -> None:
    while True:
        progress(report)
        await asyncio.sleep(0.2)


def _failure(report: Report, config: SourceConfig) -> str:
    """Why a crawl counts as failed: an empty result is never a success, unless somebody stopped it."""
    if report.scraped or report.unchanged or report.stopped == "signal" or report.skipped["before-since"]:
        return ""
    reasons = {**report.errors, **report.skipped}
    seen = ", ".join(f"{count} {name}" for name, count in reasons.items() if count) or "no page at all"
    hint = "; ".join(report.hints) or (
        f"no JobPosting data: try page:{config.address}"
        if config.kind == "jobposting" and report.skipped["no-posting"] and not report.errors
        else "the pages may have changed"
    )
    return f"no posting was found at {config.address} ({seen}): {hint}"


def _why_stopped(order: Order, report: Report, stop: asyncio.Event | None) -> str:
    if stop and stop.is_set():
        return "signal"
    return "limit" if order.limits.posts and report.scraped >= order.limits.posts else ""
