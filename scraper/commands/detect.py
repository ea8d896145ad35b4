"""`detect URL`: says which board a page belongs to, and how to add it as a source."""

import argparse
import os
import sys

from scraper import boards_found, crawler
from scraper.commands import arguments, runtime
from scraper.crawl_settings import Limits
from scraper.crawler import Adapters, Order

HELP = "say which board a page belongs to"
DESCRIPTION = """Looks at the address, and where that does not say it, fetches the page and looks at what it embeds, and
prints the line that crawls each board that is found."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("url", metavar="URL")
    parser.add_argument("--allow-loopback", action="store_true", help="also connect to this machine (sample site)")


def run(options: argparse.Namespace) -> int:
    """0; 1 where nothing is known of the page."""
    runtime.set_up_logs()
    boards = boards_found.find_in_address(options.url)
    if boards:
        return _say([f"{board.label}: python -m scraper crawl {board.address}" for board in boards])
    order = Order(
        arguments.config(options.url, None, []), "job-posts", Limits(pages=1, level=0), options.allow_loopback
    )
    order.check(os.environ)
    adapters: Adapters = runtime.make_adapters(None, os.environ)
    report = runtime.run_in_reactor(lambda stop: crawler.run(order, adapters, None, stop))
    if report.scraped:
        return _say([f"JobPosting data: python -m scraper crawl {options.url}"])
    if report.hints:
        return _say(list(report.hints))
    print(f"{options.url}: no board is known, and no JobPosting data: try page:{options.url}", file=sys.stderr)
    return 1


def _say(lines: list[str]) -> int:
    print("\n".join(lines))
    return 0
