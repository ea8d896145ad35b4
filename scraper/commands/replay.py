"""`replay [SOURCE]`: reads stored pages with today's parser, and says what it reads otherwise than when they came."""

import argparse
import logging
import os
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import orjson
from tqdm import tqdm

from pipeline import ingest
from pipeline.ports import ObjectStore
from pipeline.schema import PostScraped, Raw, timestamp
from pipeline.stack import environment
from pipeline.web import warc
from scraper import sources
from scraper.commands import arguments, runtime
from scraper.postings import Skip, SourceConfig
from scraper.scraped_post import make_post

HELP = "read stored pages again with today's parser"
DESCRIPTION = """Reads the raw pages of a source, or of all, with today's parser, and prints one JSON object a post that
is read otherwise than it was when the page came: changed, new or gone. With --send those that changed or are new go to
the pipeline as new revisions."""


logger = logging.getLogger(__name__)


@dataclass
class Reread:
    """One page as today's parser reads it, and what was read from it when it was fetched."""

    url: str
    posts: list[PostScraped]
    skips: list[Skip]
    before: dict[tuple[str, str], str] = field(default_factory=dict)  # (post_id, language) → revision

    def changes(self) -> Iterator[tuple[str, str, str]]:
        """(what, post_id, language) with what = same, changed, new, gone."""
        now = {(post.post_id, post.language): post.revision for post in self.posts}
        for key in sorted(now.keys() | self.before.keys()):
            if key not in self.before:
                what = "new"
            elif key not in now:
                what = "gone"
            else:
                what = "same" if now[key] == self.before[key] else "changed"
            yield what, *key


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION
    parser.add_argument("source", metavar="SOURCE", nargs="?", type=arguments.check_name)
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--send", action="store_true", help="send what changed or is new to the pipeline")
    what.add_argument("--posts", action="store_true", help="print every post as it would be sent, one a line, no more")


def run(options: argparse.Namespace) -> int:
    runtime.set_up_logs()
    sink = runtime.open_sink(environment(os.environ))
    counts: Counter[str] = Counter()
    sending: dict[tuple[str, str], PostScraped] = {}
    for page in tqdm(reread_pages(sink.store, options.source or ""), unit=" pages", disable=not sys.stderr.isatty()):
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


def _say(what: str, page: Reread, key: list[str]) -> None:
    reasons = [skip.reason for skip in page.skips]
    line = {"what": what, "url": page.url, "post_id": key[0], "language": key[1], "skipped": reasons}
    print(orjson.dumps(line).decode())


def reread_pages(store: ObjectStore, source: str = "") -> Iterator[Reread]:
    """All raw pages of a source, or of all, in the order of keys, one file in memory at a time.

    A page that says of no source how it is read is left out with a warning.
    """
    for listed in store.list(f"raw/{source}/" if source else "raw/"):
        if not listed.key.endswith(".warc.gz"):
            continue
        for stored in warc.read_pages(store.get(listed.key).body):
            try:
                yield _reread(stored, listed.key)
            except (KeyError, TypeError, ValueError) as error:
                logger.warning("%s at %d is left out: %r", listed.key, stored.offset, error)


def _reread(stored: warc.Stored, key: str) -> Reread:
    about = stored.about
    config = SourceConfig(about["source"], about["kind"], about["address"], about["fields"])
    reading = sources.load(config.kind).read(stored.page, config)
    place = Raw(key, stored.offset, stored.sha256)
    found: list[PostScraped] = []
    skips = list(reading.skips)
    for posting in reading.postings:
        made = make_post(posting, stored.page, config, about["project"], about["trace_id"])
        if isinstance(made, Skip):
            skips.append(made)
        else:
            found.append(replace(made.post, raw=place))
    before = {(post_id, language): revision for post_id, language, revision in about["posts"]}
    return Reread(stored.page.url, found, skips, before)
