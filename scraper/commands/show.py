"""`show KEY OFFSET`: one raw page as people may look at it."""

import argparse
import os

from pipeline.stack import environment
from scraper import logs, raw, sanitised
from scraper.commands import wiring

HELP = "print one raw page, sanitised, by the key and offset that its posts carry"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Prints the HTML of a raw page with everything taken out that could act."
    parser.add_argument("key", metavar="KEY", help="raw/…warc.gz")
    parser.add_argument("offset", metavar="OFFSET", type=int)


def run(options: argparse.Namespace) -> int:
    logs.set_up()
    sink = wiring.outside(environment(os.environ)).sink
    if sink is None:
        raise AssertionError("a stack has a bucket")
    print(sanitised.page(raw.at(sink.store, options.key, options.offset).page))
    return 0
