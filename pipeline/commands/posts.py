"""Reads the archive of prepared posts or of refused ones, and counts boiler-plate in it."""

import argparse
import os
import re
import sys
from collections import Counter
from collections.abc import Iterator, Sequence

import orjson
from tqdm import tqdm

from pipeline import archive, stack
from pipeline.adapters.aws import S3Store, clients
from pipeline.boilerplate import RepeatedLines
from pipeline.messages import dumps
from pipeline.ports import ObjectStore, StoreUnavailable
from pipeline.projects import BOILERPLATE_KEY
from pipeline.schema import Json


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    env = stack.environment(os.environ)
    s3 = clients(env).s3
    posts, labels = S3Store(s3, env["POSTS_BUCKET"]), S3Store(s3, env["LABELS_BUCKET"])
    try:
        return count_boilerplate(posts, labels, options) if options.run is None else int(options.run(posts, options))
    except StoreUnavailable as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline.posts", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="cat | get | count | boilerplate")
    cat = commands.add_parser("cat", help="all rows, as JSON Lines", description="Prints all rows, oldest day first.")
    cat.set_defaults(run=_cat)
    get = commands.add_parser(
        "get", help="one post", description="Prints the newest row of a post, in each of its languages."
    )
    get.set_defaults(run=_get)
    count = commands.add_parser("count", help="how many", description="Counts rows, posts, languages and reasons.")
    count.set_defaults(run=_count)
    lines = commands.add_parser(
        "boilerplate",
        help="which lines each source repeats",
        description="Counts the lines that each source repeats from post to post, for the gate `max_boilerplate` of "
        "the project; run it again when a source changes its wording.",
    )
    lines.set_defaults(run=None)
    for command in (cat, get, count, lines):
        command.add_argument("project")
        command.add_argument("--refused", action="store_true", help="the posts that a gate refused")
        command.add_argument("--since", type=_day, metavar="DAY", help="written since, as 2026-01-31")
    get.add_argument("post_id")
    get.add_argument("--all", action="store_true", help="every row of it, not only the newest")
    return parser


def _day(given: str) -> str:
    if not re.fullmatch(r"\d{4}-\d\d-\d\d", given):
        raise argparse.ArgumentTypeError(f"given {given!r}, allowed: a day as 2026-01-31")
    return given


def _rows(store: ObjectStore, options: argparse.Namespace) -> Iterator[Json]:
    kind = archive.REFUSED if options.refused else archive.POSTS
    listed = archive.objects(store, kind, options.project, options.since or "")
    for _, rows in archive.rows(store, tqdm(listed, "reading", unit=" objects", disable=None), archive.say_left_out):
        yield from rows


def _cat(store: ObjectStore, options: argparse.Namespace) -> int:
    count = 0
    for row in _rows(store, options):
        sys.stdout.buffer.write(orjson.dumps(row) + b"\n")
        count += 1
    print(f"{count} rows", file=sys.stderr)
    return 0


def _get(store: ObjectStore, options: argparse.Namespace) -> int:
    found = [row for row in _rows(store, options) if row["post_id"] == options.post_id]
    if not found:
        print(f"no post {options.post_id} in project {options.project}", file=sys.stderr)
        return 1
    if not options.all:
        found = newest(found)
    for row in found:
        print(orjson.dumps(row, option=orjson.OPT_INDENT_2).decode())
    return 0


def newest(rows: list[Json]) -> list[Json]:
    """The current row of each (post, language): the newest fetched, and of its preparations the last archived."""
    current: dict[tuple[str, str], Json] = {}
    for row in rows:
        place = row["post_id"], row["language"]
        if place not in current or row["fetched_at"] >= current[place]["fetched_at"]:
            current[place] = row
    return list(current.values())


def _count(store: ObjectStore, options: argparse.Namespace) -> int:
    rows = 0
    posts: set[str] = set()
    identities: set[tuple[str, str, str]] = set()
    languages: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    for row in _rows(store, options):
        rows += 1
        posts.add(row["post_id"])
        identity = row["post_id"], row["revision"], row["preparation"]
        if identity not in identities:
            identities.add(identity)
            languages[row["language"]] += 1
            reasons.update([row["reason"]] if options.refused else [])
    found: Json = {
        "posts": len(posts),
        "revisions": len({identity[:2] for identity in identities}),
        "prepared": len(identities),
        "rows": rows,
        "languages": dict(languages),
    }
    if options.refused:
        found["reasons"] = dict(reasons)
    print(orjson.dumps(found).decode())
    return 0


def count_boilerplate(posts: ObjectStore, labels: ObjectStore, options: argparse.Namespace) -> int:
    """Stores the repeated lines of each source, where preprocess looks for them."""
    counters: dict[str, RepeatedLines] = {}
    seen: set[tuple[str, str]] = set()
    for row in _rows(posts, options):
        if (text := (row["post_id"], row["revision"])) not in seen:
            seen.add(text)
            counters.setdefault(row["source"], RepeatedLines()).add(row["text"])
    found = {}
    for source, counter in counters.items():
        lines = counter.lines()
        found[source] = {"posts": counter.texts, "lines": len(lines)}
        key = BOILERPLATE_KEY.format(project=options.project, source=source)
        labels.put(key, dumps({"schema": "boilerplate/1", "posts": counter.texts, "lines": lines}))
    print(orjson.dumps(found).decode())
    return 0
