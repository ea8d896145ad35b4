"""Finds the stack a command works on, and starts the local one when it is needed and not there.

On AWS the names are in the environment. `LABELMILL_STACK=file` names saved outputs (`pulumi stack output --json`).
Otherwise the stack is the local one under `LABELMILL_STATE` (`.local` by default). It runs for as long as any process
holds a shared lock on `in-use` there, however that process ends, so nothing is left behind and nothing is pulled away
from under a second command.
"""

import contextlib
import fcntl
import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120

_held: dict[Path, IO[str]] = {}  # locks of this process, released when it ends
_started: dict[Path, subprocess.Popen[bytes]] = {}  # supervisors that are this process's children


class StackError(RuntimeError):
    """The local stack cannot start; says why, or what its log says."""


def state_dir(env: Mapping[str, str]) -> Path:
    return Path(env.get("LABELMILL_STATE") or ROOT / ".local").resolve()


def make_state_dir(env: Mapping[str, str]) -> Path:
    """Raises `StackError` where the local state cannot lie."""
    state = state_dir(env)
    try:
        state.mkdir(parents=True, exist_ok=True)
        with (state / "in-use").open("a"):
            return state
    except OSError as error:
        raise StackError(f"LABELMILL_STATE: {state} cannot hold the local state: {error.strerror}") from error


def environment(env: Mapping[str, str]) -> dict[str, str]:
    """`env` with the stack's outputs in upper case, starting the local stack where it is meant and not running."""
    if env.get("POSTS_BUCKET"):
        return dict(env)
    if saved := env.get("LABELMILL_STACK"):
        return {**_upper(json.loads(Path(saved).read_text())), **env}
    outputs = _upper(ensure(make_state_dir(env)))
    outputs.pop("DATABASE_URL", None)  # the emulator has no server behind it: here the database is a file
    return {**outputs, **env}


def ensure(state: Path) -> dict[str, str]:
    """The outputs of the local stack under `state`, running from now until this process ends."""
    state.mkdir(parents=True, exist_ok=True)
    if state not in _held:
        lock = (state / "in-use").open("a")
        fcntl.flock(lock, fcntl.LOCK_SH)  # waits while a supervisor is shutting down
        _held[state] = lock
    outputs = state / "stack.json"
    if not (is_running(state) and outputs.exists()):
        _start(state, outputs)
    return dict(json.loads(outputs.read_text()))


def release(state: Path, wait_seconds: float = 30) -> None:
    """Gives the local stack up; returns when it has ended or somebody else still uses it."""
    if lock := _held.pop(state, None):
        lock.close()
    deadline = time.monotonic() + wait_seconds
    while is_running(state) and not _used_by_others(state) and time.monotonic() < deadline:
        time.sleep(0.05)
    if not is_running(state) and (supervisor := _started.pop(state, None)):
        supervisor.wait(wait_seconds)


def is_running(state: Path) -> bool:
    """True while a supervisor (`pulumi/local.py serve`) holds its lock."""
    return not _lockable(state / "serving", fcntl.LOCK_EX)


def _used_by_others(state: Path) -> bool:
    # Commands hold it shared; a supervisor that is stopping holds it alone.
    return not _lockable(state / "in-use", fcntl.LOCK_EX) and _lockable(state / "in-use", fcntl.LOCK_SH)


def _lockable(path: Path, kind: int) -> bool:
    with contextlib.suppress(FileNotFoundError), path.open("r") as file:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def _start(state: Path, outputs: Path) -> None:
    log = state / "logs" / "stack.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    print(f"starting the local AWS in {state} …", file=sys.stderr, flush=True)
    deadline = time.monotonic() + START_SECONDS
    with _starting(state), log.open("a") as sink:
        supervisor = None
        while not (outputs.exists() and is_running(state)):
            if supervisor is None and not is_running(state):  # one that runs is starting, or stopping: wait for it
                supervisor = _started[state] = subprocess.Popen(
                    [sys.executable, str(ROOT / "pulumi" / "local.py"), "serve", "--state", str(state)],
                    stdin=subprocess.DEVNULL,
                    stdout=sink,
                    stderr=sink,
                    start_new_session=True,  # Ctrl-C is for the command; the supervisor ends by itself
                )
            if (supervisor and supervisor.poll() is not None) or time.monotonic() > deadline:
                tail = "".join(log.read_text(errors="replace").splitlines(keepends=True)[-20:])
                raise StackError(f"the local AWS did not start; the end of {log}:\n{tail}")
            time.sleep(0.05)


@contextlib.contextmanager
def _starting(state: Path) -> Iterator[None]:
    """One process at a time decides whether to start a supervisor."""
    with (state / "starting").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _upper(outputs: Mapping[str, object]) -> dict[str, str]:
    return {name.upper(): str(value) for name, value in outputs.items()}
