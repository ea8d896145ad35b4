"""`due`: runs every configured source whose time has come. One schedule calls it."""

import argparse
import asyncio
import logging
import os
import sys
from dataclasses import replace
from datetime import UTC, datetime

import orjson

from pipeline.crawls import SourceSettings, Trial
from pipeline.ports import ObjectStore
from pipeline.schema import timestamp
from pipeline.stack import environment
from scraper import boards_found, crawler, runs
from scraper.commands import arguments, runtime
from scraper.crawl_settings import Limits
from scraper.crawler import Adapters, Order
from scraper.report import Report, table

logger = logging.getLogger(__name__)

HELP = "run every configured source whose time has come"
DESCRIPTION = """Reads the sources that admins keep (sources/ in the posts bucket), runs those that are due one after
another, and writes a report of each run to crawls/. A source that fails does not stop the others. Before them, it tries
the addresses that somebody wants to add."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("--list", action="store_true", help="say which are due, and run none")
    parser.add_argument("--allow-loopback", action="store_true", help="also connect to this machine (sample site)")


def run(options: argparse.Namespace) -> int:
    """0; 1 where a source failed."""
    runtime.set_up_logs()
    env = environment(os.environ)
    sink = runtime.open_sink(env)
    env = runs.read_contact(sink.store, env)
    if options.list:
        for source in runs.due(sink.store, datetime.now(UTC)):
            print(f"{source.source}\t{source.project}\t{source.address}")
        return 0
    adapters = runtime.make_adapters(sink, env)

    async def run_all(stop: asyncio.Event) -> list[Report]:
        await answer_trials(adapters, sink.store, options.allow_loopback, stop)
        return await run_due(adapters, sink.store, options.allow_loopback, stop)

    reports = runtime.run_in_reactor(run_all)
    print(table(reports) if reports else "nothing is due")
    for report in reports:
        if report.failure:
            print(f"{report.source}: {report.failure}", file=sys.stderr)
    return 1 if any(report.failure for report in reports) else 0


async def run_due(
    adapters: Adapters, store: ObjectStore, allow_loopback: bool, stop: asyncio.Event | None = None
) -> list[Report]:
    """The reports of the sources that were run, in their order."""
    done = []
    for source in list(runs.due(store, datetime.now(UTC))):
        if stop and stop.is_set():
            break
        try:
            with runs.alone(source.source, runs.name_stack(adapters.env)):
                report = await _run_one(adapters, store, source, allow_loopback, stop)
        except runs.AlreadyRunning as error:
            logger.warning("%s", error)
            continue
        if report:
            done.append(report)
    return done


async def _run_one(
    adapters: Adapters, store: ObjectStore, source: SourceSettings, allow_loopback: bool, stop: asyncio.Event | None
) -> Report | None:
    """None where another has begun it in this minute."""
    started = runs.begin(store, source.source, source.project, datetime.now(UTC))
    if started is None:
        return None
    try:
        config = arguments.config(source.address, source.source, [f"{ours}={at}" for ours, at in source.fields.items()])
        order = Order(config, source.project, Limits(posts=source.limit), allow_loopback)
        order.check(adapters.env)
        report = await crawler.run(order, adapters, stop=stop)
    except Exception as error:  # whatever is wrong with one source must not keep the others from their run
        report = Report(source.source, failure=f"{type(error).__name__}: {error}")
    runs.end(store, started, report, datetime.now(UTC))
    return report


TRIED = Limits(posts=200, pages=20, seconds=30, browser_pages=2)


async def answer_trials(
    adapters: Adapters, store: ObjectStore, allow_loopback: bool, stop: asyncio.Event | None = None
) -> None:
    """Says of each address that somebody tries what a crawl of it finds. Nothing is sent."""
    for trial in list(runs.trials(store, datetime.now(UTC))):
        answered = await _try(replace(adapters, sink=None), trial, allow_loopback, stop)
        store.put(trial.key, orjson.dumps(replace(answered, answered_at=timestamp(datetime.now(UTC))).to_json()))


async def _try(adapters: Adapters, trial: Trial, allow_loopback: bool, stop: asyncio.Event | None) -> Trial:
    kind, _ = arguments.split_kind(trial.address)
    found = boards_found.find_in_address(trial.address)
    # The address of a board's pages; that of its interface says more.
    board = found[0] if found and kind == arguments.DEFAULT_KIND else None
    address = board.address if board else trial.address
    try:
        order = Order(arguments.config(address, None, []), trial.project, TRIED, allow_loopback)
        order.check(adapters.env)
        report = await crawler.run(order, adapters, stop=stop)
    except Exception as error:  # of a wrong address, or a fault of ours: whoever waits is told
        return replace(
            trial, message=f"{error}" if isinstance(error, ValueError) else f"{type(error).__name__}: {error}"
        )
    if not report.scraped:
        return replace(trial, message=report.failure or "no posting was found")
    label = board.label if board else next((one.label for one in found), "")
    said = [f"found {'at least ' * bool(report.stopped)}{report.scraped} postings"]
    said += [f"looks like {label}"] * bool(label)
    shown = ", ".join(f"“{title}”" for title in report.first)
    return replace(trial, suggested=address, message=f"{', '.join(said)}; first {len(report.first)}: {shown}")
