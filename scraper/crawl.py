"""Runs crawls: wires the parts to Scrapy and gives back the report."""

import asyncio
import logging
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from scrapy.crawler import AsyncCrawlerRunner, Crawler

from pipeline.web import warc
from scraper import known, resolver
from scraper.addresses import Guard
from scraper.browser import GuardedBrowser
from scraper.job import Job
from scraper.limits import Limits
from scraper.outbox import Outbox, Sink
from scraper.reading import LayoutChanged, SourceConfig
from scraper.report import Report
from scraper.settings import settings, user_agent
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
        return self.allow_loopback and _is_loopback(self.config.address)

    def agent(self, env: Mapping[str, str]) -> str:
        """The user agent. Raises `NoContact`."""
        return user_agent(env.get("LABELMILL_CONTACT", ""), self.local)


@dataclass(frozen=True)
class Outside:
    """What a crawl reaches outside of itself. `sink` is None where nothing may leave."""

    sink: Sink | None
    env: Mapping[str, str]
    getaddrinfo: resolver.GetAddrInfo | None = None


def crawl_id(now: datetime) -> str:
    """Sorts by time; two crawls of one second differ."""
    return f"{now:%Y%m%dT%H%M%SZ}-{secrets.token_hex(3)}"


async def crawl(
    order: Order, outside: Outside, progress: Progress | None = None, stop: asyncio.Event | None = None
) -> Report:
    """One crawl of one source, in a running asyncio reactor. That it gave nothing is told in the report, not raised.

    Once `stop` is set, the pages in hand are finished and sent, and no other is begun.
    """
    config = order.config
    report = Report(config.name)
    guard = Guard(order.allow_loopback)
    sink = outside.sink
    outbox = Outbox(sink, f"raw/{config.name}/{crawl_id(datetime.now(UTC))}", report, _about(order))
    remembered = known.load(sink.store, config.name, order.project) if sink else {}
    job = Job(
        config=config,
        project=order.project,
        agent=order.agent(outside.env),
        guard=guard,
        resolver=resolver.install(guard, outside.getaddrinfo),
        browser=GuardedBrowser(guard, outside.env),
        outbox=outbox,
        report=report,
        limits=order.limits,
        known=remembered,
        since=order.since,
    )
    started = time.monotonic()
    await _run(job, settings(order.limits, job.agent, order.local, order.jobdir), progress, stop)
    await outbox.flush()
    report.failure = failure(report, config)
    # A crawl that saw the whole site forgets what is gone from it; one that was stopped forgets nothing.
    pages = {**remembered, **outbox.known} if report.stopped else outbox.known
    if sink and not report.failure and pages != remembered:
        known.save(sink.store, config.name, order.project, pages)
    report.seconds = time.monotonic() - started
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


async def _run(job: Job, values: dict[str, Any], progress: Progress | None, stop: asyncio.Event | None) -> None:
    report = job.report
    provider = {"PLAYWRIGHT_BROWSER_PROVIDER": lambda config: job.browser}
    runner = AsyncCrawlerRunner({**values, **provider})
    crawler = runner.create_crawler(PostSpider)
    beside = [asyncio.create_task(_show(report, progress))] if progress else []
    if stop:
        beside.append(asyncio.create_task(_stop(crawler, stop)))
    try:
        await runner.crawl(crawler, job=job)
    finally:
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
    stats = crawler.stats
    report.requests = stats.get_value("downloader/request_count", 0)
    report.received_bytes = stats.get_value("downloader/response_bytes", 0) + job.browser.proxy.bytes_in
    report.stopped = _STOPPED.get(stats.get_value("finish_reason", ""), "")
    empty = crawler.spider.state.get("empty")  # type: ignore[union-attr]
    # Of a crawl that was stopped, nobody knows what they would have led to.
    if empty and not report.stopped:
        report.skipped["no-posting"] += len(empty)


_STOPPED = {
    "shutdown": "signal",
    "limit": "limit",
    "closespider_pagecount": "pages",
    "closespider_timeout": "time",
}


async def _stop(crawler: Crawler, stop: asyncio.Event) -> None:
    await stop.wait()
    logger.warning("stopping: the pages in hand are finished first")
    await crawler.stop_async()


async def _show(report: Report, progress: Progress) -> None:
    while True:
        progress(report)
        await asyncio.sleep(0.2)


def failure(report: Report, config: SourceConfig) -> str:
    """Why a crawl counts as failed: an empty result is never a success, unless somebody stopped it."""
    if report.scraped or report.unchanged or report.stopped == "signal" or report.skipped["before-since"]:
        return ""
    reasons = {**report.errors, **report.skipped}
    seen = ", ".join(f"{count} {name}" for name, count in reasons.items() if count) or "no page at all"
    return str(LayoutChanged(config.address, seen))


def _is_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return host == "localhost" or (not Guard().allows(host) and Guard(allow_loopback=True).allows(host))
