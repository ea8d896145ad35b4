"""`due`: runs every configured source whose time has come. One schedule calls it."""

import argparse
import asyncio
import os
import sys
from datetime import UTC, datetime

from pipeline.stack import environment
from scraper import imports, logs, reactor, runs, sources
from scraper.commands import arguments, wiring
from scraper.crawl import Order, Outside, crawl
from scraper.limits import Limits
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
    logs.set_up()
    outside = wiring.outside(environment(os.environ))
    if outside.sink is None:
        raise AssertionError("a stack has a bucket")
    if options.list:
        for source in runs.due(outside.sink.store, datetime.now(UTC)):
            print(f"{source.source}\t{source.project}\t{source.address}")
        return 0
    reports = reactor.run(lambda stop: run_due(outside, options.allow_loopback, stop))
    print(table(reports) if reports else "nothing is due")
    for report in reports:
        if report.failure:
            print(f"{report.source}: {report.failure}", file=sys.stderr)
    return 1 if any(report.failure for report in reports) else 0


async def run_due(outside: Outside, allow_loopback: bool, stop: asyncio.Event | None = None) -> list[Report]:
    """The reports of the sources that were run, in their order."""
    if outside.sink is None:
        raise ValueError("runs of sources are kept: a dry run has no place for them")
    store, done = outside.sink.store, []
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
            sources.load(config.kind).start(config)
            order = Order(config, source.project, Limits(posts=source.limit), allow_loopback)
            if imports.is_file_source(config.kind):
                report = await imports.run(order, outside, wiring.bucket_opener(outside.env), stop=stop)
            else:
                report = await crawl(order, outside, stop=stop)
        except Exception as error:  # whatever is wrong with one source must not keep the others from their run
            report = Report(source.source, failure=f"{type(error).__name__}: {error}")
        runs.end(store, started, report, datetime.now(UTC))
        done.append(report)
    return done
