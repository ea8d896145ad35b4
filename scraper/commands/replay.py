"""`replay [SOURCE]`: reads stored pages with today's parser, and says what it reads otherwise than when they came."""

import argparse
import os
import sys
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import orjson
from tqdm import tqdm

from pipeline import ingest
from pipeline.schema import PostScraped, timestamp
from pipeline.stack import environment
from scraper import logs, stored
from scraper.commands import arguments, wiring

HELP = "read stored pages again with today's parser"
DESCRIPTION = """Reads the raw pages of a source, or of all, with today's parser, and prints one JSON object a post that
is read otherwise than it was when the page came: changed, new or gone. With --send those that changed or are new go to
the pipeline as new revisions."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("source", metavar="SOURCE", nargs="?", type=arguments.check_name)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--send", action="store_true", help="send what changed or is new to the pipeline")
    what.add_argument("--posts", action="store_true", help="print every post as it would be sent, one a line, no more")


def run(options: argparse.Namespace) -> int:
    logs.set_up()
    sink = wiring.outside(environment(os.environ)).sink
    if sink is None:
        raise AssertionError("a stack has a bucket")
    counts: Counter[str] = Counter()
    sending: dict[tuple[str, str], PostScraped] = {}
    for page in tqdm(stored.pages(sink.store, options.source or ""), unit=" pages", disable=not sys.stderr.isatty()):
        counts["pages"] += 1
        if options.posts:
            for post in page.posts:
                print(orjson.dumps(post.to_json()).decode())
            continue
        by_key = {(post.post_id, post.language): post for post in page.posts}
        for what, *key in page.changes():
            counts[what] += 1
            if what != "same":
                _say(what, page, key)
            # Of several crawls of one page, the last one counts.
            sending.pop((key[0], key[1]), None)
            if what in ("changed", "new"):
                sending[key[0], key[1]] = by_key[key[0], key[1]]
    if options.send:
        now = timestamp(datetime.now(UTC))
        done = ingest.send_new(
            (replace(post, fetched_at=now) for post in sending.values()), sink.seen, sink.queue, sink.store
        )
        counts["sent"], counts["not sent"] = done.sent, len(done.failed)
    print(", ".join(f"{count} {name}" for name, count in counts.items()) or "no pages", file=sys.stderr)
    return 1 if counts["not sent"] else 0


def _say(what: str, page: stored.Reread, key: list[str]) -> None:
    reasons = [skip.reason for skip in page.skips]
    line = {"what": what, "url": page.url, "post_id": key[0], "language": key[1], "skipped": reasons}
    print(orjson.dumps(line).decode())
