"""Keeps a local AWS for as long as somebody uses it, and leaves nothing behind."""

import contextlib
import fcntl
import multiprocessing
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from .configuration import STACK, read_configuration
from .emulator import Emulator, EmulatorError

POLL_SECONDS = 1
HEALTH_SECONDS = 5  # between two looks whether it answers
MOST_UNANSWERED = 4  # looks in a row, of five seconds each: then it hangs, and is killed
LONGEST_GAP = 30  # seconds before a start, after several that failed

Provision = Callable[[Path, str], object]


def serve(state: Path, provision: Provision) -> None:
    """Starts the emulator on `state`, provisions it, and stays until nobody holds a lock on `in-use`.

    An emulator that dies or hangs once it was ready is started again, as often as it takes, with growing gaps; commands
    that come meanwhile wait, since `stack.json` is not there.

    `provision`, given the state and the emulator's address, makes what the stack has and writes `stack.json` last. It
    runs in a process of its own, which ends with the emulator: AWS's client would wait for one that is gone for
    minutes. Raises `EmulatorError` when the first start fails.
    """
    state.mkdir(parents=True, exist_ok=True)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda given, _: stopping.append(given))
    outputs = state / "stack.json"
    with _locked(state / "supervising"):
        # Of a run that was killed; gone before `serving` is locked, since the two together say that we are ready.
        outputs.unlink(missing_ok=True)
        with _locked(state / "serving"):
            _serve(state, outputs, provision, stopping)
    _say("stopped")


def _serve(state: Path, outputs: Path, provision: Provision, stopping: list[int]) -> None:
    was_ready, gap = False, 1
    while True:
        try:
            with _ready(state, outputs, provision, stopping) as emulator:
                was_ready, gap = True, 1
                with _last_user(state / "in-use", emulator, stopping):
                    outputs.unlink(missing_ok=True)
                    _say("stopping")
                    return
        except EmulatorError as error:
            if stopping or not was_ready:
                raise
            _say(f"{error}; starting it again in {gap} s")
        if _is_left(state / "in-use", stopping, gap):
            return
        gap = min(2 * gap, LONGEST_GAP)


@contextlib.contextmanager
def _ready(state: Path, outputs: Path, provision: Provision, stopping: list[int]) -> Iterator[Emulator]:
    region = read_configuration(STACK)["aws:region"]
    with Emulator(state, region=region, port=_port()) as emulator:
        if emulator.ended_uncleanly:
            _say_unclean(state)
        try:
            started = time.monotonic()
            _provision(state, emulator, provision, stopping)
            _say(f"ready at {emulator.endpoint_url}, provisioned in {time.monotonic() - started:.1f} s")
            yield emulator
        finally:
            outputs.unlink(missing_ok=True)


def _provision(state: Path, emulator: Emulator, provision: Provision, stopping: list[int]) -> None:
    """Broken off by a signal. Raises `EmulatorError` when it fails, or when the emulator ends meanwhile."""
    worker = multiprocessing.get_context("spawn").Process(
        target=_provision_alone, args=(provision, state, emulator.endpoint_url, os.getpid()), daemon=True
    )
    worker.start()
    try:
        while worker.is_alive() and not stopping:
            worker.join(0.1)
            if not emulator.is_alive():
                raise EmulatorError(f"the emulator ended while it was provisioned: see {emulator.log_path}")
        if worker.exitcode:
            raise EmulatorError("it could not be provisioned: the reason is above")
    finally:
        if worker.is_alive():
            worker.kill()
            worker.join()


def _provision_alone(provision: Provision, state: Path, endpoint_url: str, parent: int) -> None:
    """In a process that ends with its parent, also where that is killed: what it makes would be nobody's."""

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.2)
        os._exit(1)

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    threading.Thread(target=watch, daemon=True).start()
    provision(state, endpoint_url)


def _is_left(in_use: Path, stopping: list[int], seconds: float) -> bool:
    """Waits; True as soon as nobody needs an emulator any more."""
    deadline = time.monotonic() + seconds
    with in_use.open("a") as file:
        while time.monotonic() < deadline:
            if stopping or _try_lock(file):
                return True
            time.sleep(0.1)
    return False


@contextlib.contextmanager
def _last_user(path: Path, emulator: Emulator, stopping: list[int]) -> Iterator[None]:
    """Waits until the lock that users share is free or a signal comes; who comes meanwhile waits for our end."""
    unanswered, look_at = 0, time.monotonic() + HEALTH_SECONDS
    with path.open("a") as file:
        while not stopping:
            if not emulator.is_alive():
                raise EmulatorError(f"the emulator ended by itself: see {emulator.log_path}")
            if _try_lock(file):
                break
            if time.monotonic() > look_at:
                unanswered = 0 if emulator.is_healthy() else unanswered + 1
                if unanswered == MOST_UNANSWERED:
                    emulator.kill()
                    raise EmulatorError("the emulator answers no more, and was killed")
                look_at = time.monotonic() + HEALTH_SECONDS
            time.sleep(POLL_SECONDS)
        yield


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """An exclusive lock. Whoever asks whether we run holds it for an instant, so one refusal says nothing."""
    with path.open("a") as file:
        deadline = time.monotonic() + 2
        while not _try_lock(file):
            if time.monotonic() > deadline:
                raise EmulatorError(f"another supervisor has the lock {path}")
            time.sleep(0.02)
        yield


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _say_unclean(state: Path) -> None:
    """`unclean` tells whoever starts the system next to make it whole: queues may have lost two seconds."""
    (state / "unclean").write_text(datetime.now(UTC).isoformat() + "\n")
    _say("the last run was killed: queues and tables are as two seconds before its end")


def _port() -> int:
    given = os.environ.get("LABELMILL_AWS_PORT") or "0"
    if not given.isdigit() or int(given) > 65535:
        raise EmulatorError(f"LABELMILL_AWS_PORT: given {given!r}, allowed: a port number, 0 for a free one")
    return int(given)


def _say(line: str) -> None:
    print(f"{datetime.now(UTC):%H:%M:%S} local AWS: {line}", file=sys.stderr, flush=True)
