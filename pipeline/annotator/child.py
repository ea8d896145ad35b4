"""A run of an annotator in a process of its own, also ended inside one row, and taking no more than its limits."""

import multiprocessing
import time
from collections.abc import Mapping
from pathlib import Path

from pipeline import isolation
from pipeline.tokens import Tokenizer

from .plugin import Annotator, BadInput
from .results import Summary
from .run import LOG, Progress, bundle, run

# Of processor time: other jobs of the machine count for nothing.
ROW_SECONDS = 20
JOB_SECONDS = 1800
MEMORY = 1 << 30  # bytes, beside what the worker holds itself
TURN_SECONDS = 5  # of the clock: from then on others go first
BEHIND = 15  # niceness of a run whose first turn is over
LOOK_SECONDS = 0.1  # between two looks whether somebody ended it


def run_apart(
    annotator: Annotator,
    source: Path,
    options: Mapping[str, Path],
    folder: Path,
    tokenizer: Tokenizer,
    target: Path,
    progress: Progress,
) -> Summary:
    """`run` and `bundle` into `target`. What `progress` raises ends it within `LOOK_SECONDS`. Raises `BadInput` for a
    job that needs more than it may, and what the annotator raises."""
    limits = isolation.Limits(MEMORY, JOB_SECONDS, ROW_SECONDS)
    rows = multiprocessing.get_context("fork").RawArray("q", 2)

    def count(done: int, total: int) -> None:
        rows[0], rows[1] = done, total

    def work(send: isolation.Send) -> None:
        made = run(annotator, source, options, folder, tokenizer, count, lambda: isolation.begin_step(limits))
        isolation.end_step()
        bundle(folder, target)
        send(made)

    child = isolation.Child(work, limits)
    turn_ends = time.monotonic() + TURN_SECONDS
    try:
        while not child.has_sent(LOOK_SECONDS):
            progress(rows[0], rows[1])
            if time.monotonic() >= turn_ends:
                child.go_behind(BEHIND)
                turn_ends = float("inf")
        summary: Summary = child.receive()
    except isolation.Ended as ended:
        failed = BadInput(_reason(ended.limit, rows[0]))
        with (folder / LOG).open("a", encoding="utf-8") as log:
            log.write(f"failed: {failed}\n")
        raise failed from None
    finally:
        child.end()
    return summary


def _reason(limit: str, rows: int) -> str:
    if limit == "step_seconds":
        return (
            f"row {rows + 1} takes more than {ROW_SECONDS} s of a processor: a shorter text, or fewer or simpler "
            "patterns, is what helps"
        )
    if limit == "seconds":
        return f"the job takes more than {JOB_SECONDS:,} s of a processor, {rows:,} rows were done: split the file"
    return f"the job needs more than {MEMORY >> 20:,} MB of memory at row {rows + 1}"
