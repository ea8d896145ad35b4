"""Shows what failed for good, and why, and moves it back or drops it."""

import argparse
import os
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import orjson
from tqdm import tqdm

from pipeline import stack
from pipeline.adapters.aws import S3Store, SqsQueue, clients
from pipeline.dead_letters import JOB_QUEUES, QUEUES, Filter, drop, letters, move
from pipeline.ports import StoreUnavailable
from pipeline.schema import timestamp

EVERY_QUEUE = {**QUEUES, **JOB_QUEUES}


def main(arguments: Sequence[str] | None = None) -> int:
    parser = _parser()
    options = parser.parse_args(arguments)
    for name, least in (("limit", 0), ("rate", 0.001)):
        if not (given := getattr(options, name, least)) >= least:
            parser.error(f"--{name}: given {given}, allowed: {least} and more")
    env = stack.environment(os.environ)
    try:
        return int(options.run(env, options))
    except StoreUnavailable as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m pipeline.redrive", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="list | show | move | drop")
    every = commands.add_parser("list", help="all dead-letter queues", description="Counts what rests in each.")
    every.set_defaults(run=_list)
    show = commands.add_parser("show", help="the messages of one", description="Prints a JSON object a message.")
    show.set_defaults(run=_show)
    back = commands.add_parser("move", help="move messages back", description="Moves messages to where they failed.")
    back.set_defaults(run=_move)
    away = commands.add_parser(
        "drop", help="take messages away for good", description="Drops messages; what they were is kept in the bucket."
    )
    away.set_defaults(run=_drop)
    for command in (show, back, away):
        command.add_argument("queue", choices=EVERY_QUEUE)
        command.add_argument("--id", default="", help="of one message")
        command.add_argument("--trace", default="", help="trace id of one post")
        command.add_argument("--text", default="", help="what the message must hold, anywhere")
        command.add_argument("--reason", default="", help="what the reason must hold, anywhere")
        command.add_argument("--limit", type=int, default=sys.maxsize, help="messages at most")
    show.add_argument("--body", action="store_true", help="the whole message too")
    away.add_argument("--because", required=True, type=_reason, help="why nobody needs them, kept with each")
    away.add_argument("--dry-run", action="store_true", help="only count what would be dropped")
    back.add_argument("--dry-run", action="store_true", help="only count what would be moved")
    back.add_argument("--rate", type=float, default=100, help="messages a second at most (%(default)s)")
    return parser


def _queue(env: Mapping[str, str], output: str) -> SqsQueue:
    return SqsQueue(clients(env).sqs, env[output])


def _list(env: Mapping[str, str], options: argparse.Namespace) -> int:
    for name, (dead, _) in EVERY_QUEUE.items():
        visible, hidden = _queue(env, dead).depth()
        print(f"{name:24}{visible + hidden:8,}")
    return 0


def _filter(options: argparse.Namespace) -> Filter:
    return Filter(options.id, options.trace, options.text, options.reason)


def _show(env: Mapping[str, str], options: argparse.Namespace) -> int:
    aws = clients(env)
    queue = SqsQueue(aws.sqs, env[EVERY_QUEUE[options.queue][0]])
    shown = 0
    for letter in letters(queue, S3Store(aws.s3, env["POSTS_BUCKET"]), _filter(options)):
        if shown == options.limit:
            break
        print(orjson.dumps({**letter.to_json(), **({"body": letter.received.body} if options.body else {})}).decode())
        shown += 1
    print(f"{shown} messages", file=sys.stderr)
    return 0


def _move(env: Mapping[str, str], options: argparse.Namespace) -> int:
    aws = clients(env)
    dead, target = (SqsQueue(aws.sqs, env[output]) for output in EVERY_QUEUE[options.queue])
    found = moved = 0
    total = min(sum(dead.depth()), options.limit)
    with tqdm(total=total, desc="moving", unit=" messages", disable=None) as bar:
        for letter in letters(dead, S3Store(aws.s3, env["POSTS_BUCKET"]), _filter(options)):
            if found == options.limit:
                break
            found += 1
            if not options.dry_run:
                moved += move(letter, dead, target)
                time.sleep(1 / options.rate)
            bar.update()
    verb = "would be moved" if options.dry_run else f"found, {moved} moved"
    print(f"{found} messages {verb} from {options.queue}", file=sys.stderr)
    return 0 if options.dry_run or moved == found else 1


def _drop(env: Mapping[str, str], options: argparse.Namespace) -> int:
    aws = clients(env)
    dead, notes = SqsQueue(aws.sqs, env[EVERY_QUEUE[options.queue][0]]), S3Store(aws.s3, env["POSTS_BUCKET"])
    found = 0
    for letter in letters(dead, notes, _filter(options)):
        if found == options.limit:
            break
        found += 1
        if not options.dry_run:
            drop(letter, dead, notes, options.queue, options.because, timestamp(datetime.now(UTC)))
    print(f"{found} messages {'would be ' if options.dry_run else ''}dropped from {options.queue}", file=sys.stderr)
    return 0


def _reason(given: str) -> str:
    if not given.strip():
        raise argparse.ArgumentTypeError(f"given {given!r}, allowed: a reason in words")
    return given.strip()
