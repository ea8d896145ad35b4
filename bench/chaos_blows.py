"""The processes that belong to a `make run`, by name, and blows to them: SIGKILL and SIGSTOP at random."""

import contextlib
import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

GAP_SECONDS = (3, 9)  # between two blows
AWS_SECONDS = 90  # between two to the local AWS: what it lost is made good meanwhile
HANGS_SECONDS = 120  # a stopped process that is still there by then was not noticed
# Words of a command line → what it is; the first that fits.
NAMES = {
    "emulator_process.py": "local AWS",
    "gunicorn": "labeler",
    "pipeline.annotator": "annotator",
    "manage.py worker": "worker",
    "demo.schedule": "schedule",
}
EXPECTED = frozenset(NAMES.values())
FUNCTION = "function"  # a process below the local AWS, which it starts and ends as its Lambdas are asked
SPARED = ("demo.run", "local.py serve")  # what starts the others again


class Processes:
    def __init__(self, root: int) -> None:
        self._root = root

    def now(self) -> list[tuple[int, str]]:
        """Each that descends from the root and is not spared: its id, and what it is; children are named by parents."""
        parents, commands = {}, {}
        for folder in Path("/proc").iterdir():
            with contextlib.suppress(OSError, ValueError, IndexError):
                pid = int(folder.name)
                commands[pid] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
                parents[pid] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        found = []
        for pid in sorted(commands):
            line = list(_line(pid, parents))
            if self._root not in line[1:] or not commands[pid] or any(one in commands[pid] for one in SPARED):
                continue
            names = ((one, name) for one in line for words, name in NAMES.items() if words in commands.get(one, ""))
            owner, name = next(names, (0, ""))
            if name:
                found.append((pid, FUNCTION if name == "local AWS" and owner != pid else name))
        return found

    def missing(self) -> set[str]:
        return set(EXPECTED) - {name for _, name in self.now()}


def _line(pid: int, parents: dict[int, int]) -> Iterator[int]:
    while pid > 1:
        yield pid
        pid = parents.get(pid, 0)


class Blows(threading.Thread):
    """Strikes until it is told to stop."""

    def __init__(self, processes: Processes, draw: random.Random) -> None:
        super().__init__(daemon=True)
        self._processes, self._draw, self._over = processes, draw, threading.Event()
        self._stopped: dict[int, tuple[str, float]] = {}
        self._aws_from = time.monotonic()
        self.killed: Counter[str] = Counter()
        self.stopped: Counter[str] = Counter()
        self.left_hanging: list[str] = []

    def run(self) -> None:
        while not self._over.wait(self._draw.uniform(*GAP_SECONDS)):
            self.strike()
            self.look_after_stopped()

    def end(self) -> None:
        """Returns when nothing hangs any more."""
        self._over.set()
        self.join()
        while self._stopped:
            self.look_after_stopped()
            time.sleep(0.5)

    def strike(self) -> None:
        by_name: dict[str, list[int]] = {}
        for pid, name in self._processes.now():
            if pid not in self._stopped and (name != "local AWS" or time.monotonic() >= self._aws_from):
                by_name.setdefault(name, []).append(pid)
        if not by_name:
            return
        name = self._draw.choice(sorted(by_name))
        pid, is_kill = self._draw.choice(by_name[name]), self._draw.random() < 0.7
        if name == "local AWS":
            self._aws_from = time.monotonic() + AWS_SECONDS
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL if is_kill else signal.SIGSTOP)
            (self.killed if is_kill else self.stopped)[name] += 1
            if not is_kill:
                self._stopped[pid] = name, time.monotonic()

    def look_after_stopped(self) -> None:
        for pid, (name, since) in list(self._stopped.items()):
            if not _is_stopped(pid):
                del self._stopped[pid]
            elif time.monotonic() - since > HANGS_SECONDS:
                del self._stopped[pid]
                if name != FUNCTION:  # one that nobody asks anything need not be noticed; one that is, times out
                    self.left_hanging.append(name)
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


def _is_stopped(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"
    except OSError:
        return False
