"""Child processes that end with their parent, however it ends, each with a log of its own.

One that is kept is started again when it ends or hangs, with growing gaps, until it runs for a while.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
_PR_SET_PDEATHSIG = 1  # prctl(2)


LONGEST_GAP = 30  # seconds before a child that ends again and again is started once more
SETTLED_SECONDS = 60  # one that ran for so long begins with the shortest gap again
LOOK_SECONDS = 10  # between two looks whether a child answers
MOST_UNANSWERED = 3  # looks in a row: then it hangs, and is killed


class ProcessFailedError(RuntimeError):
    """A child ended badly; says which, how, and the end of its log."""


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


@dataclass
class _Process:
    """A child that is to run for as long as we do."""

    name: str
    command: Sequence[str]
    answers: Callable[[], bool] | None
    process: "subprocess.Popen[str]"
    started_at: float
    gap: float = 1
    start_at: float | None = None  # when one that ended is started again
    look_at: float = 0
    unanswered: int = 0


class Processes:
    """Starts children, and stops them all, last first, at the end of the `with` block."""

    def __init__(self, env: Mapping[str, str], logs: Path) -> None:
        self._env, self._logs = {**os.environ, **env}, logs
        self._running: list[tuple[str, subprocess.Popen[str], Path]] = []
        self._kept: list[_Process] = []
        logs.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> "Processes":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        for _, process, _ in reversed(self._running):
            if process.poll() is None:
                process.terminate()
        for _, process, _ in reversed(self._running):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            if process.stdout:
                process.stdout.close()

    def start(self, name: str, command: Sequence[str], pipe: bool = False) -> subprocess.Popen[str]:
        """A child in the background; its standard output is ours to read with `pipe`, else it goes to the log too."""
        log = self._logs / f"{name}.log"
        with log.open("a") as sink:
            process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self._env,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE if pipe else sink,
                stderr=sink,
                start_new_session=True,  # Ctrl-C is for us: we stop the children in order
                preexec_fn=_die_with_parent,
            )
        self._running.append((name, process, log))
        return process

    def first_line(self, name: str, command: Sequence[str]) -> str:
        """Starts a child that tells where it listens by its first line, and returns that line."""
        process = self.start(name, command, pipe=True)
        line = process.stdout.readline().strip() if process.stdout else ""
        if not line:
            process.wait()
            raise ProcessFailedError(self._failure(name, process.returncode))
        return line

    def keep(
        self, name: str, command: Sequence[str], answers: Callable[[], bool] | None = None
    ) -> "subprocess.Popen[str]":
        """A child in the background that `tend` starts again when it ends, or when `answers` says no several times."""
        process, now = self.start(name, command), time.monotonic()
        self._kept.append(_Process(name, command, answers, process, now, look_at=now + LOOK_SECONDS))
        return process

    def tend(self, say: Callable[[str], object]) -> None:
        """Looks after the children that are kept; to be called again and again."""
        for one in self._kept:
            now = time.monotonic()
            if one.start_at is not None:
                if now >= one.start_at:
                    self._running = [running for running in self._running if running[1] is not one.process]
                    one.process = self.start(one.name, one.command)
                    one.started_at, one.start_at, one.unanswered = now, None, 0
                    one.look_at = now + LOOK_SECONDS
            elif one.process.poll() is not None:
                if now - one.started_at > SETTLED_SECONDS:
                    one.gap = 1
                log = self._logs / f"{one.name}.log"
                say(f"{one.name} ended with {one.process.returncode}, see {log}; starting it again in {one.gap:.0f} s")
                one.start_at, one.gap = now + one.gap, min(2 * one.gap, LONGEST_GAP)
            elif one.answers and now >= one.look_at:
                one.unanswered = 0 if one.answers() else one.unanswered + 1
                one.look_at = time.monotonic() + LOOK_SECONDS
                if one.unanswered >= MOST_UNANSWERED:
                    say(f"{one.name} answers no more, and is killed")
                    _kill_group(one.process)

    def run(
        self, name: str, command: Sequence[str], show: bool = False, meanwhile: Callable[[], object] = lambda: None
    ) -> str:
        """Waits for a child, calling `meanwhile` twice a second; returns what it printed. With `show` its progress and
        messages reach the terminal."""
        log = self._logs / f"{name}.log"
        with (
            log.open("a") as sink,
            subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=self._env,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=None if show else sink,
                preexec_fn=_die_with_parent,
            ) as process,
        ):
            try:
                printed = _printed(process, meanwhile)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise ProcessFailedError(self._failure(name, process.returncode) if not show else f"{name} failed")
        return printed

    def ended(self) -> str | None:
        """What happened to the first child that ended unasked, or None."""
        for name, process, _ in self._running:
            if process.poll() is not None:
                return self._failure(name, process.returncode)
        return None

    def _failure(self, name: str, code: int) -> str:
        log = self._logs / f"{name}.log"
        tail = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-15:])
        return f"{name} ended with {code}; the end of {log}:\n{tail}"


def _printed(process: "subprocess.Popen[str]", meanwhile: Callable[[], object]) -> str:
    while True:
        try:
            return process.communicate(timeout=0.5)[0]
        except subprocess.TimeoutExpired:
            meanwhile()


def _kill_group(process: "subprocess.Popen[str]") -> None:
    """With the workers that it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
