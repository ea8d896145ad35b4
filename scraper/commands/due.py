"""`due`: runs every configured source whose time has come. One schedule calls it."""

import argparse
import asyncio
import os
import sys
from datetime import UTC, datetime

from pipeline.ports import ObjectStore
from pipeline.stack import environment
from scraper import crawler, runs
from scraper.commands import arguments, runtime
from scraper.crawl_settings import Limits
from scraper.crawler import Adapters, Order
from scraper.report import Report, table

HELP = "run every configured source whose time has come"
DESCRIPTION = """Reads the sources that admins keep (sources/ in the posts bucket), runs those that are due one after
another, and writes a report of each run to crawls/. A source that fails does not stop the others."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("--list", action="store_true", help="say which are due, and run none")
    parser.add_argument("--allow-loopback", action="store_true", help="also connect to this machine (sample site)")


def run(options: argparse.Namespace) -> int:
    """0; 1 where a source failed."""
    runtime.set_up_logs()
    env = environment(os.environ)
    sink = runtime.open_sink(env)
    if options.list:
        for source in runs.due(sink.store, datetime.now(UTC)):
            print(f"{source.source}\t{source.project}\t{source.address}")
        return 0
    reports = runtime.run_in_reactor(
        lambda stop: run_due(runtime.make_adapters(sink, env), sink.store, options.allow_loopback, stop)
    )
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
        started = runs.begin(store, source.source, source.project, datetime.now(UTC))
        if started is None:
            continue  # another has begun it in this minute
        try:
            config = arguments.config(
                source.address, source.source, [f"{ours}={at}" for ours, at in source.fields.items()]
            )
            order = Order(config, source.project, Limits(posts=source.limit), allow_loopback)
            order.check(adapters.env)
            report = await crawler.run(order, adapters, stop=stop)
        except Exception as error:  # whatever is wrong with one source must not keep the others from their run
            report = Report(source.source, failure=f"{type(error).__name__}: {error}")
        runs.end(store, started, report, datetime.now(UTC))
        done.append(report)
    return done
