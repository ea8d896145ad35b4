"""`crawl ADDRESS`: fetches one source now and hands its posts to the pipeline."""

import argparse
import asyncio
import json
import os
import sys
from contextlib import nullcontext
from datetime import UTC, datetime

from tqdm import tqdm

from pipeline.stack import environment
from scraper import crawler, runs, sources
from scraper.commands import arguments, runtime
from scraper.crawl_settings import Limits
from scraper.crawler import Adapters, Order
from scraper.report import Report, table

HELP = "fetch one source now and hand its posts to the pipeline"
DESCRIPTION = """ADDRESS is a page (https://careers.example.org/jobs: schema.org JobPosting, lists followed to their
postings), or KIND:ADDRESS. Kinds: """


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION + ", ".join(sources.kinds()) + "."
    parser.add_argument("address", metavar="ADDRESS")
    arguments.add_source(parser)
    parser.add_argument("--project", type=arguments.project, default="job-posts", help="default: %(default)s")
    parser.add_argument("--limit", type=arguments.count, metavar="N", help="stop after N postings")
    parser.add_argument("--since", type=arguments.day, metavar="DATE", help="leave out older postings")
    parser.add_argument("--dry-run", action="store_true", help="read only: store nothing, send nothing")
    parser.add_argument("--allow-loopback", action="store_true", help="also connect to this machine (sample site)")
    parser.add_argument("--jobdir", metavar="DIR", help="keep the state of the crawl there, and resume it from there")
    parser.add_argument("--json", action="store_true", help="last line of standard output: the counts as JSON")


def run(options: argparse.Namespace) -> int:
    runtime.set_up_logs()
    config = arguments.config(options.address, options.source, options.field)
    order = Order(
        config,
        options.project,
        Limits(posts=options.limit or 0),
        options.allow_loopback,
        options.since or "",
        options.jobdir,
    )
    order.check(os.environ)
    env = os.environ if options.dry_run else environment(os.environ)
    sink = None if options.dry_run else runtime.open_sink(env)
    adapters = runtime.make_adapters(sink, env)
    started = datetime.now(UTC)
    try:
        with runs.alone(config.name, runs.name_stack(env)) if sink else nullcontext():
            report = runtime.run_in_reactor(lambda stop: _run_showing(order, adapters, stop))
    except runs.AlreadyRunning as error:
        print(f"python -m scraper crawl: {error}", file=sys.stderr)
        return 1
    if sink:
        runs.record(sink.store, order.project, started, report, datetime.now(UTC))
    print(table([report]), file=sys.stderr if options.json else sys.stdout)
    if report.failure:
        print(f"LayoutChanged: {report.failure}", file=sys.stderr)
    if options.json:
        print(json.dumps(report.to_json(), ensure_ascii=False))
    return 1 if report.failure else 0


async def _run_showing(order: Order, adapters: Adapters, stop: asyncio.Event) -> Report:
    with tqdm(desc=order.config.name, unit=" posts", disable=not sys.stderr.isatty(), leave=False) as bar:

        def show(report: Report) -> None:
            bar.n = report.scraped + report.unchanged
            bar.set_postfix_str(_summarise(report))

        return await crawler.run(order, adapters, None if bar.disable else show, stop)


def _summarise(report: Report) -> str:
    skipped, errors = sum(report.skipped.values()), sum(report.errors.values())
    return f"sent {report.sent}, unchanged {report.unchanged}, skipped {skipped}, errors {errors}"
