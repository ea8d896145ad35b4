"""Keeps a local AWS for as long as somebody uses it, and leaves nothing behind."""

import contextlib
import fcntl
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from .configuration import STACK, read_configuration
from .emulator import Emulator, EmulatorError

POLL_SECONDS = 1

Provision = Callable[[Path, str], object]


def serve(state: Path, provision: Provision) -> None:
    """Starts the emulator on `state`, provisions it, and stays until nobody holds a lock on `in-use`.

    `provision`, given the state and the emulator's address, makes what the stack has and writes `stack.json` last.
    Raises `EmulatorError` when it does not start or ends by itself.
    """
    state.mkdir(parents=True, exist_ok=True)
    stopping: list[int] = []
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda given, _: stopping.append(given))
    outputs = state / "stack.json"
    with _locked(state / "supervising"):
        # Of a run that was killed; gone before `serving` is locked, since the two together say that we are ready.
        outputs.unlink(missing_ok=True)
        _serve(state, outputs, provision, stopping)
    _say("stopped")


def _serve(state: Path, outputs: Path, provision: Provision, stopping: list[int]) -> None:
    with _locked(state / "serving"):
        region = read_configuration(STACK)["aws:region"]
        with Emulator(state, region=region, port=_port()) as emulator:
            if emulator.ended_uncleanly:
                _say_unclean(state)
            try:
                started = time.monotonic()
                provision(state, emulator.endpoint_url)
                _say(f"ready at {emulator.endpoint_url}, provisioned in {time.monotonic() - started:.1f} s")
                with _last_user(state / "in-use", emulator, stopping):
                    outputs.unlink()
                    _say("stopping")
            finally:
                outputs.unlink(missing_ok=True)


@contextlib.contextmanager
def _last_user(path: Path, emulator: Emulator, stopping: list[int]) -> Iterator[None]:
    """Waits until the lock that users share is free or a signal comes; who comes meanwhile waits for our end."""
    with path.open("a") as file:
        while not stopping:
            if not emulator.is_alive():
                raise EmulatorError(f"the emulator ended by itself: see {emulator.log_path}")
            if _try_lock(file):
                break
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
