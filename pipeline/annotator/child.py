"""A run in a process of its own: it can be ended at any moment, also inside one row, and takes no more than its limits.

The kernel counts and ends it: no code of ours runs while a pattern is looked for.
"""

import ctypes
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import threading
import time
from collections.abc import Mapping, MutableSequence
from multiprocessing.connection import Connection
from pathlib import Path

from pipeline.tokens import Tokenizer

from .plugin import Annotator, BadInput
from .results import Summary
from .run import LOG, Progress, bundle, run

# Of processor time: other jobs of the machine count for nothing.
ROW_SECONDS = 20
JOB_SECONDS = 1800
MEMORY = 1 << 30  # bytes, beside the libraries
TURN_SECONDS = 5  # of the clock: from then on others go first
BEHIND = 15  # niceness of a run whose first turn is over
LOOK_SECONDS = 0.1  # between two looks whether somebody ended it
_PARENT_DEATH = 1  # PR_SET_PDEATHSIG of Linux
_FORKING = threading.Lock()  # a pipe that another child inherits would not end with its own


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
    context = multiprocessing.get_context("fork")
    rows = context.RawArray("q", 2)
    with _FORKING:
        ours, theirs = context.Pipe(duplex=False)
        given = (theirs, rows, annotator, source, options, folder, tokenizer, target)
        child = context.Process(target=_child, args=given, daemon=True)
        child.start()
        theirs.close()
    turn_ends = time.monotonic() + TURN_SECONDS
    try:
        while not ours.poll(LOOK_SECONDS):
            progress(rows[0], rows[1])
            if time.monotonic() >= turn_ends:
                os.setpriority(os.PRIO_PROCESS, child.pid or 0, BEHIND)
                turn_ends = float("inf")
        try:
            answer: Summary | Exception = pickle.loads(ours.recv_bytes())  # noqa: S301  of our own child
        except EOFError:
            child.join()
            answer = BadInput(_ended(child.exitcode or 0, rows[0]))
            with (folder / LOG).open("a", encoding="utf-8") as log:
                log.write(f"failed: {answer}\n")
    finally:
        child.kill()
        child.join()
        ours.close()
    if isinstance(answer, Exception):
        raise answer
    return answer


def _ended(code: int, rows: int) -> str:
    if code == -signal.SIGPROF:
        return (
            f"row {rows + 1} takes more than {ROW_SECONDS} s of a processor: a shorter text, or fewer or simpler "
            "patterns, is what helps"
        )
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"the job takes more than {JOB_SECONDS:,} s of a processor, {rows:,} rows were done: split the file"
    return f"the job needs more than {MEMORY >> 20:,} MB of memory at row {rows + 1}"


def _child(
    answers: Connection,
    rows: MutableSequence[int],
    annotator: Annotator,
    source: Path,
    options: Mapping[str, Path],
    folder: Path,
    tokenizer: Tokenizer,
    target: Path,
) -> None:
    _limit()

    def begin_row() -> None:
        signal.setitimer(signal.ITIMER_PROF, ROW_SECONDS)

    def progress(done: int, total: int) -> None:
        rows[0], rows[1] = done, total

    answer: Summary | Exception
    try:
        answer = run(annotator, source, options, folder, tokenizer, progress, begin_row)
        signal.setitimer(signal.ITIMER_PROF, 0)
        bundle(folder, target)
    except MemoryError:
        os._exit(1)
    except Exception as error:  # an annotator's code may raise anything
        answer = error
    try:
        body = pickle.dumps(answer)
    except Exception:  # an exception of a plug-in that does not travel
        body = pickle.dumps(RuntimeError(repr(answer)[:300]))
    answers.send_bytes(body)


def _limit() -> None:
    for one in (signal.SIGTERM, signal.SIGPROF, signal.SIGXCPU):
        signal.signal(one, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)  # a worker that is killed leaves nothing running
        resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (JOB_SECONDS, JOB_SECONDS + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
