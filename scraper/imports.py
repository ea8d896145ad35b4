"""Runs a source whose address is files: row after row into the outbox, in memory that does not grow with them."""

import asyncio
import time
from collections.abc import Callable
from uuid import uuid4

from scraper import files, posts, rows, sources
from scraper.crawl import Order, Outside, failure
from scraper.outbox import Outbox
from scraper.reading import Skip
from scraper.report import Report


def is_file_source(kind: str) -> bool:
    return hasattr(sources.load(kind), "rows")


async def run(
    order: Order,
    outside: Outside,
    open_bucket: files.OpenBucket,
    progress: Callable[[Report], None] | None = None,
    stop: asyncio.Event | None = None,
) -> Report:
    """One import. Raises ValueError when there is no such file."""
    config, report = order.config, Report(order.config.name)
    source: rows.FileSource = sources.load(config.kind)  # type: ignore[assignment]
    outbox = Outbox(outside.sink, "", report)
    started = time.monotonic()
    for file in files.find(config.address, source.suffix, open_bucket):
        page = rows.page(file)
        for number, one in enumerate(rows.postings(source, file, config)):
            made = one if isinstance(one, Skip) else posts.make(one, page, config, order.project, uuid4().hex)
            if isinstance(made, Skip):
                report.leave_out(made)
            elif order.since and made.post.date_posted and made.post.date_posted < order.since:
                report.leave_out(Skip("before-since"))
            else:
                report.read(made.post.post_id)
                report.noted.update(["cut"] * made.cut)
                await outbox.add(None, [made.post])
            if number % 200 == 0:
                await asyncio.sleep(0)  # lets a signal in
                if progress:
                    progress(report)
            report.stopped = _stopped(order, report, stop)
            if report.stopped:
                break
        if report.stopped:
            break
    await outbox.flush()
    report.seconds = time.monotonic() - started
    report.failure = failure(report, config)
    return report


def _stopped(order: Order, report: Report, stop: asyncio.Event | None) -> str:
    if stop and stop.is_set():
        return "signal"
    return "limit" if order.limits.posts and report.scraped >= order.limits.posts else ""
