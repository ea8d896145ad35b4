"""`show KEY OFFSET`: one raw page as people may look at it."""

import argparse
import os

import nh3

from pipeline.stack import environment
from pipeline.web import warc
from pipeline.web.page import Page
from scraper.commands import runtime

HELP = "print one raw page, sanitised, by the key and offset that its posts carry"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = "Prints the HTML of a raw page with everything taken out that could act."
    parser.add_argument("key", metavar="KEY", help="raw/…warc.gz")
    parser.add_argument("offset", metavar="OFFSET", type=int)


def run(options: argparse.Namespace) -> int:
    runtime.set_up_logs()
    sink = runtime.open_sink(environment(os.environ))
    print(sanitise(warc.fetch_page(sink.store, options.key, options.offset)))
    return 0


def sanitise(page: Page) -> str:
    """The page's HTML without scripts, styles, forms, frames, images and handlers; links say where they lead."""
    tags = nh3.ALLOWED_TAGS - {"img", "area", "map"}
    return nh3.clean(
        page.text, tags=tags, link_rel="noopener noreferrer nofollow", url_schemes={"http", "https", "mailto"}
    )
