"""Sends posts through preprocess again: for a new tokenizer or new gates, or what is lost.

A replayed post has a new preparation, so that nobody drops it as a repeat. Annotations stay as they are; the summary
says how many of their spans would no longer fall on token edges.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path

import orjson
from tqdm import tqdm

from pipeline import archive, stack, tokenizers
from pipeline.adapters.aws import S3Store, SqsQueue, clients
from pipeline.annotated import Effect, effect, newest_keys
from pipeline.jobs.sweep import request_waiting
from pipeline.jobs.wiring import job_services
from pipeline.messages import MessageRefused, loads
from pipeline.ports import Listed, ObjectMissing, ObjectStore, StoreUnavailable
from pipeline.projects import Projects, ProjectUnknown
from pipeline.replayer import ArchiveIndex, Checkpoint, Pace, ReplayFailed, replay, send_missing
from pipeline.schema import PostScraped, SchemaError
from pipeline.steps import preparation
from pipeline.tokens import ModelRefused

# The scraper alone can read raw pages, and nothing here imports it: it prints a `PostScraped` a line, of one source.
RAW_POSTS = [sys.executable, "-m", "scraper", "replay", "--posts"]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    if not options.rate > 0:
        parser.error(f"--rate: given {options.rate:g}, allowed: more than 0")
    if bool(options.project) == options.missing:
        parser.error("give either a project, or --missing")
    env = stack.environment(os.environ)
    aws = clients(env)
    posts, labels = S3Store(aws.s3, env["POSTS_BUCKET"]), S3Store(aws.s3, env["LABELS_BUCKET"])
    queue = None if options.dry_run else SqsQueue(aws.sqs, env["INGEST_QUEUE_URL"])
    pace = Pace(queue, posts, options.rate)
    try:
        if options.missing:
            return _missing(posts, pace, env)
        return _replay(options, posts, labels, pace)
    except (ReplayFailed, ProjectUnknown, StoreUnavailable, ObjectMissing) as error:
        print(f"error: {error}", file=sys.stderr)
    except (SchemaError, ModelRefused, tokenizers.TokenizerChanged) as error:
        print(f"error: {options.project}: {error}", file=sys.stderr)
    except OSError as error:  # of the report
        print(f"error: {error}", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline.replay", description=__doc__)
    parser.add_argument("project", nargs="?", help="whose archived posts are prepared as its settings say now")
    parser.add_argument(
        "--missing",
        action="store_true",
        help="send again what raw pages hold and the archive lacks, in all projects, and ask again for waiting jobs",
    )
    parser.add_argument("--rate", type=float, default=200, help="posts a second at most (%(default)s)")
    parser.add_argument("--dry-run", action="store_true", help="send nothing, only say what would be sent")
    parser.add_argument("--tokenizer", metavar="NAME/VERSION", help="with --dry-run: as if the project pinned this one")
    parser.add_argument("--report", type=Path, help="file for the spans off token edges, as JSON Lines")
    return parser


def _bar(listed: Iterable[Listed], what: str) -> Iterable[Listed]:
    bar: Iterable[Listed] = tqdm(listed, what, unit=" objects", disable=None)
    return bar


def _replay(options: argparse.Namespace, posts: ObjectStore, labels: ObjectStore, pace: Pace) -> int:
    if options.tokenizer and not options.dry_run:
        raise ReplayFailed("--tokenizer goes with --dry-run; to change it for good, change the project's settings")
    project = Projects(labels, posts).get(options.project)
    tokenizer, gates = project.tokenizer, project.settings.gates
    if options.tokenizer:
        name, _, version = options.tokenizer.partition("/")
        tokenizer = tokenizers.fetch_named(posts, name, version)
    wanted = preparation(tokenizer.id, gates)
    annotated = newest_keys(labels, options.project)
    total = Effect()
    with (options.report or Path(os.devnull)).open("wb") as report:

        def look(post: PostScraped) -> None:
            if keys := annotated.get((post.post_id, post.revision)):
                for row in effect(labels, keys, post, tokenizer, total):
                    report.write(orjson.dumps(row) + b"\n")

        checkpoint = None if options.dry_run else Checkpoint(posts, options.project, wanted)
        broken = replay(posts, options.project, ArchiveIndex(wanted), pace, checkpoint, look, _bar)
    for key, error in broken.items():
        archive.say_left_out(key, error)
    print(orjson.dumps({"preparation": wanted, "sent": pace.sent, "annotated": asdict(total)}).decode())
    return 0


def _missing(posts: ObjectStore, pace: Pace, env: dict[str, str]) -> int:
    @cache
    def index(project: str) -> ArchiveIndex:
        made = ArchiveIndex()
        for kind in (archive.POSTS, archive.REFUSED):
            listed = archive.objects(posts, kind, project)
            for _, rows in archive.rows(posts, _bar(listed, f"reading {project}"), archive.say_left_out):
                made.add(rows)
        return made

    found = (post for source in raw_sources(posts) for post in _raw_posts(source, env))
    seen = send_missing(found, index, pace)
    # Asked for again only when the posts are sent: a command that was broken off begins with them.
    jobs = 0 if pace.queue is None else request_waiting(job_services(env))
    print(orjson.dumps({"posts": seen, "sent": pace.sent, "jobs": jobs}).decode())
    return 0


def raw_sources(posts: ObjectStore) -> list[str]:
    """The sources that raw pages are kept of."""
    return sorted({one.key.split("/")[1] for one in posts.list("raw/")})


def _raw_posts(source: str, env: dict[str, str]) -> Iterator[PostScraped]:
    """Every post in the raw pages of a source, as today's parser reads it."""
    command = [*RAW_POSTS, source]
    with subprocess.Popen(command, cwd=stack.ROOT, env=env, stdout=subprocess.PIPE) as reader:
        if reader.stdout is None:
            raise AssertionError("the pipe was asked for")
        for line in tqdm(reader.stdout, f"reading {source}", unit=" posts", disable=None):
            try:
                yield PostScraped.from_json(loads(line))
            except (MessageRefused, SchemaError) as error:
                print(f"left out: {error}", file=sys.stderr)
    if reader.returncode:
        raise ReplayFailed(f"{' '.join(command[1:])} ended with {reader.returncode}; run this again")
