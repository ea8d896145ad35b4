"""`parse SOURCE FILE…`: reads saved files offline, one JSON object a post; what is left out goes to standard error."""

import argparse
import json
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from pipeline.schema import PostScraped
from pipeline.web.page import Page
from scraper import sources
from scraper.commands import arguments
from scraper.postings import Skip, SourceConfig
from scraper.scraped_post import Made, make_post

HELP = "read saved files offline and print their posts"
DESCRIPTION = """Reads saved pages, feeds or files as a source would: to try a source, to write its test, to see what a
changed page does. One JSON object a post on standard output; what was left out, and why, on standard error. SOURCE is
a kind ("""

_TYPES = {".html": "text/html", ".htm": "text/html", ".json": "application/json", ".xml": "application/xml"}
_SHOWN = ("post_id", "external_id", "url", "title", "company", "location", "date_posted", "language", "text")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.description = DESCRIPTION + ", ".join(sources.kinds()) + ") or KIND:ADDRESS."
    parser.add_argument("kind", metavar="SOURCE")
    parser.add_argument("files", metavar="FILE", nargs="+", type=Path)
    parser.add_argument("--url", help="the address that the files came from, where the source needs one")
    arguments.add_source(parser)


def run(options: argparse.Namespace) -> int:
    """0; 1 where no post was read."""
    kind, _, address = options.kind.partition(":")
    source = sources.load(kind)
    given = address or options.url or "https://example.org/"
    config = arguments.config(f"{kind}:{given}", options.source, options.field)
    source.start(config)
    counts: Counter[str] = Counter()
    for path in options.files:
        for post in _read(source, _page(path, options.url), config, counts):
            shown = {name: getattr(post, name) for name in _SHOWN} | {"details": post.details.to_json()}
            print(json.dumps(shown, ensure_ascii=False))
    read = counts.pop("read", 0)
    reasons = ", ".join(f"{count} {reason}" for reason, count in counts.most_common())
    print(
        f"{read} posts from {len(options.files)} files" + (f"; left out: {reasons}" if reasons else ""), file=sys.stderr
    )
    return 0 if read else 1


def _page(path: Path, url: str | None) -> Page:
    try:
        body = path.read_bytes()
    except OSError as error:
        raise ValueError(f"FILE: {error}") from error
    kind = _TYPES.get(path.suffix.lower(), "")
    return Page(url or f"https://example.org/{path.name}", body, kind, datetime.now(UTC).isoformat())


def _read(source: sources.Source, page: Page, config: SourceConfig, counts: Counter[str]) -> list[PostScraped]:
    reading = source.read(page, config)
    made = [make_post(posting, page, config, "", "") for posting in reading.postings]
    left = [*reading.skips, *(skip for skip in made if isinstance(skip, Skip))]
    for skip in left or ([] if made else [Skip("no-posting", f"{len(reading.links)} links to follow")]):
        print(f"{page.url}: {skip.reason}: {skip.detail}".rstrip(": "), file=sys.stderr)
        counts[skip.reason] += 1
    found = [kept.post for kept in made if isinstance(kept, Made)]
    counts["read"] += len(found)
    for note in reading.notes:
        print(f"{page.url}: kept, {note}", file=sys.stderr)
    for one in made:
        for said in one.unread if isinstance(one, Made) else ():
            print(f"{page.url}: kept, {said} cannot be read", file=sys.stderr)
    return found
