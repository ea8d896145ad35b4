"""Work on what strangers hand in, in a process of its own: it can be ended at any moment, and takes no more memory and
time than its limits.

The kernel counts and ends it: no code of ours runs while a pattern is looked for or a file is unpacked.
"""

import ctypes
import multiprocessing
import os
import pickle
import resource
import signal
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

Send = Callable[[Any], None]

_PARENT_DEATH = 1  # PR_SET_PDEATHSIG of Linux
_FORKING = threading.Lock()  # a pipe that another child inherits would not end with its own
_NO_MEMORY = 1  # exit status


@dataclass(frozen=True, slots=True)
class Limits:
    """`memory`: bytes beside what its parent holds; `seconds`: of processor time in all, where other work of the
    machine counts for nothing; `step_seconds`: between two calls of `begin_step`."""

    memory: int
    seconds: int
    step_seconds: int


class Ended(Exception):
    """The child came to the end of one of its limits: `limit` is the name of it."""

    def __init__(self, limit: str) -> None:
        self.limit = limit
        super().__init__(limit)


class Child:
    """A child at work, begun when this is made. `work` is told how to send what it has found."""

    def __init__(self, work: Callable[[Send], None], limits: Limits) -> None:
        context = multiprocessing.get_context("fork")
        with _FORKING:
            self._ours, theirs = context.Pipe(duplex=False)
            self._process = context.Process(target=_child, args=(theirs, work, limits), daemon=True)
            self._process.start()
            theirs.close()

    def has_sent(self, seconds: float) -> bool:
        """Whether there is something to receive, waiting for it so long."""
        return self._ours.poll(seconds)

    def receive(self) -> Any:
        """The next that it sent. Raises `Ended`, and what its work has raised."""
        try:
            error, value = pickle.loads(self._ours.recv_bytes())  # noqa: S301  of our own child
        except EOFError:
            self._process.join()
            raise Ended(_limit_of(self._process.exitcode or 0)) from None
        if error is not None:
            raise error
        return value

    def go_behind(self, niceness: int) -> None:
        os.setpriority(os.PRIO_PROCESS, self._process.pid or 0, niceness)

    def end(self) -> None:
        self._process.kill()
        self._process.join()
        self._ours.close()


def begin_step(limits: Limits) -> None:
    """In the child: a row or the like begins, which has `step_seconds`."""
    signal.setitimer(signal.ITIMER_PROF, limits.step_seconds)


def end_step() -> None:
    signal.setitimer(signal.ITIMER_PROF, 0)


def _limit_of(code: int) -> str:
    if code == -signal.SIGPROF:
        return "step_seconds"
    return "seconds" if code in (-signal.SIGXCPU, -signal.SIGKILL) else "memory"


def _child(answers: Connection, work: Callable[[Send], None], limits: Limits) -> None:
    _limit(limits)
    try:
        work(lambda value: answers.send_bytes(pickle.dumps((None, value))))
        return
    except MemoryError:
        os._exit(_NO_MEMORY)
    except Exception as error:  # an annotator's code may raise anything
        failed = error
    try:
        body = pickle.dumps((failed, None))
        pickle.loads(body)  # noqa: S301  our own
    except Exception:  # an exception of a plug-in that does not travel
        body = pickle.dumps((RuntimeError(repr(failed)[:300]), None))
    answers.send_bytes(body)


def _limit(limits: Limits) -> None:
    for one in (signal.SIGTERM, signal.SIGPROF, signal.SIGXCPU):
        signal.signal(one, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PARENT_DEATH, signal.SIGKILL)  # a worker that is killed leaves nothing running
        most = limits.memory + _held()
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
    resource.setrlimit(resource.RLIMIT_CPU, (limits.seconds, limits.seconds + 1))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _held() -> int:
    """Bytes of data of this process, as the limit counts them (proc(5))."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) << 10 for line in lines if line.startswith("VmData:"))
