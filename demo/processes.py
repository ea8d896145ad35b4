"""Child processes that end with their parent, however it ends, each with a log of its own."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

ROOT = Path(__file__).resolve().parent.parent
_PR_SET_PDEATHSIG = 1  # prctl(2)


class ProcessFailedError(RuntimeError):
    """A child ended badly; says which, how, and the end of its log."""


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


class Processes:
    """Starts children, and stops them all, last first, at the end of the `with` block."""

    def __init__(self, env: Mapping[str, str], logs: Path) -> None:
        self._env, self._logs = {**os.environ, **env}, logs
        self._running: list[tuple[str, subprocess.Popen[str], Path]] = []
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

    def run(self, name: str, command: Sequence[str], show: bool = False) -> str:
        """Waits for a child; returns what it printed. With `show` its progress and messages reach the terminal."""
        log = self._logs / f"{name}.log"
        with log.open("a") as sink:
            done = subprocess.run(
                [sys.executable, *command],
                cwd=ROOT,
                env=self._env,
                text=True,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=None if show else sink,
                check=False,
            )
        if done.returncode:
            raise ProcessFailedError(self._failure(name, done.returncode) if not show else f"{name} failed")
        return done.stdout

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
