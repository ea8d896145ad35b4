"""Annotates files: `run` one here and now, `list` what can annotate, or `work` as a worker of the jobs queue."""

import argparse
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path

from tqdm import tqdm

from pipeline import tokenizers
from pipeline.annotator import registry
from pipeline.annotator.plugin import BadInput
from pipeline.annotator.run import Progress, run


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m pipeline.annotator", description=__doc__)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    local = commands.add_parser("run", help="annotate one file, without any service")
    local.add_argument("annotator", metavar="ANNOTATOR", help=f"one of: {', '.join(registry.names())}")
    local.add_argument("file", metavar="FILE", type=Path, help="txt, csv or jsonl, or one of these and .gz")
    local.add_argument("-o", "--output", metavar="FOLDER", type=Path, required=True, help="is made when missing")
    local.add_argument("--option", metavar="NAME=FILE", action="append", default=[], help="a file the annotator reads")
    local.add_argument("--json", action="store_true", help="print the summary as one JSON line")
    commands.add_parser("list", help="name the annotators, own and installed")
    work = commands.add_parser("work", help="take jobs from the queue until told to stop (also without a command)")
    work.add_argument("--once", action="store_true", help="stop when no job waits")
    given = parser.parse_args(arguments)
    if given.command == "run":
        return _run(given)
    if given.command == "list":
        return _list()
    return _work(once=getattr(given, "once", False))


def _list() -> int:
    broken = 0
    for name in registry.names():
        try:
            found = registry.find(name)
            print(f"{name:12} {found.title} ({', '.join(found.formats)})")
        except registry.BrokenAnnotator as error:
            print(f"{name:12} {error}", file=sys.stderr)
            broken += 1
    return min(broken, 1)


def _run(given: argparse.Namespace) -> int:
    try:
        annotator = registry.find(given.annotator)
        options = _options(given.option, [option.name for option in annotator.options])
        for path in (given.file, *options.values()):
            if not path.is_file():
                raise BadInput(f"no file {path}")
        with tqdm(desc=given.file.name, unit=" rows", disable=None) as bar:
            summary = run(annotator, given.file, options, given.output, tokenizers.default(), _shown(bar))
    except (BadInput, LookupError, OSError, RuntimeError) as error:
        print(f"not annotated: {error}", file=sys.stderr)
        return 1
    if given.json:
        print(json.dumps(summary.to_json(), ensure_ascii=False))
    else:
        labels = ", ".join(f"{label} {count:,}" for label, count in summary.labels.most_common())
        print(f"{summary.rows:,} rows, {summary.spans:,} spans in {summary.seconds:.1f} s, in {given.output}")
        print(f"labels: {labels or 'none'}")
        for reason, count in summary.refused.most_common():
            print(f"refused: {count:,} rows, {reason}")
    return 0


def _shown(bar: "tqdm[None]") -> Progress:
    def progress(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return progress


def _options(given: list[str], allowed: list[str]) -> dict[str, Path]:
    options = {}
    for option in given:
        name, equals, path = option.partition("=")
        if not equals or name not in allowed:
            raise BadInput(f"--option {option}: allowed are {', '.join(f'{name}=FILE' for name in allowed) or 'none'}")
        options[name] = Path(path)
    return options


def _work(once: bool) -> int:
    from pipeline.jobs.worker_wiring import worker  # opens nothing, but boto3 takes a while to import

    stop = threading.Event()
    for ending in (signal.SIGTERM, signal.SIGINT):
        signal.signal(ending, lambda *_: stop.set())
    with tempfile.TemporaryDirectory(prefix="annotator-") as folder:
        done = worker(os.environ, Path(folder)).work(stop, once=once)
    print(f"{done:,} jobs worked on", file=sys.stderr)
    return 0
