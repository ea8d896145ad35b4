"""The emulator as a child process: ministack on 127.0.0.1, its state kept in a directory."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

from botocore.exceptions import BotoCoreError, ClientError

from .creators.clients import KEY_ID, Clients
from .guard import read_secret

SCRIPT = Path(__file__).with_name("emulator_process.py")
HEALTH_SECONDS = 5  # within which it answers, or hangs
START_SECONDS = 60
STOP_SECONDS = 30


class EmulatorError(RuntimeError):
    """The emulator did not start, or ended by itself; says where its log is."""


class Emulator:
    """A context: started on entry, asked to save and end on exit.

    `state` keeps what outlives a run: `ministack/` (all but objects), `s3/`, `secret_access_key`, `port` (the last one,
    taken again when free, since queues' addresses hold it), and `running`, which only a clean end removes.
    """

    def __init__(self, state: Path, *, region: str, port: int = 0, check_permissions: bool = False) -> None:
        """`port` 0 takes the last one or a free one; `check_permissions` evaluates IAM policies as AWS would."""
        self.state = state
        self.region = region
        self.wanted_port = port
        self.check_permissions = check_permissions
        self.ended_uncleanly = False
        self.port = 0
        self._process: subprocess.Popen[str] | None = None
        self._log: IO[str] | None = None

    @property
    def endpoint_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log_path(self) -> Path:
        return self.state / "logs" / "emulator.log"

    @property
    def _running(self) -> Path:
        return self.state / "running"

    def __enter__(self) -> Self:
        for name in ("ministack", "s3", "logs"):
            (self.state / name).mkdir(parents=True, exist_ok=True)
        shutil.rmtree(self.state / "tmp", ignore_errors=True)  # a folder of each function's process of the last run
        (self.state / "tmp").mkdir()
        self.ended_uncleanly = self._running.exists()
        self._running.touch()
        self._log = self.log_path.open("a")
        self._process = subprocess.Popen(
            # -P: the script's folder must not come before the packages on the path.
            [sys.executable, "-P", str(SCRIPT), str(self.state), str(self.wanted_port or self._last_port())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            env=self._environment(),
            cwd=self.state,
            start_new_session=True,  # Ctrl-C is for the supervisor, which ends it in order
        )
        with contextlib.ExitStack() as started:
            started.callback(self._end)  # a start that is broken off, by whatever, leaves no process behind
            self.port = self._announced_port()
            self._wait_until_healthy()
            started.pop_all()
        (self.state / "port").write_text(str(self.port))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        died = not self.is_alive()
        if self._end() == 0 and not died:
            self._running.unlink(missing_ok=True)

    @property
    def pid(self) -> int:
        return self._process.pid if self._process else 0

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """One that hangs, which would not save and end."""
        if self._process:
            self._process.kill()
            self._process.wait()
            _kill_group(self._process.pid)

    def _end(self) -> int:
        """Asks it to save and end; its exit status."""
        process, log = self._process, self._log
        if process is None or log is None:
            raise EmulatorError("ended before it was started")
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            status = process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            status = process.wait()
        _kill_group(process.pid)
        if process.stdout:
            process.stdout.close()
        log.close()
        return status

    def _announced_port(self) -> int:
        if self._process is None or self._process.stdout is None:
            raise EmulatorError("not started")
        line = self._process.stdout.readline()
        if not line.startswith("port "):
            raise EmulatorError(f"the emulator did not start: {self._last_words()}")
        return int(line.split()[1])

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if not self.is_alive():
                raise EmulatorError(f"the emulator ended while starting: {self._last_words()}")
            if self.is_healthy():
                return
            time.sleep(0.05)
        raise EmulatorError(f"the emulator did not answer within {START_SECONDS} s: {self._last_words()}")

    def is_healthy(self) -> bool:
        try:
            signed = Clients(self.endpoint_url, self.region, read_secret(self.state), patience=HEALTH_SECONDS)
            signed.get("sts").get_caller_identity()
        except (BotoCoreError, ClientError):
            return False
        return True

    def _last_words(self) -> str:
        lines = self.log_path.read_text(errors="replace").splitlines()[-10:]
        return f"the end of {self.log_path}:\n" + "\n".join(lines)

    def _last_port(self) -> int:
        with contextlib.suppress(FileNotFoundError, ValueError, OSError):
            last = int((self.state / "port").read_text())
            with socket.create_server(("127.0.0.1", last)):
                return last
        return 0

    def _environment(self) -> dict[str, str]:
        """Of this process's environment only what a program needs to run: no AWS credentials, no Docker."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL", "TZ") if name in os.environ}
        return kept | {
            "AWS_ACCESS_KEY_ID": KEY_ID,
            "AWS_SECRET_ACCESS_KEY": read_secret(self.state),
            "AUTH": "true" if self.check_permissions else "false",
            "BIND_HOST": "127.0.0.1",
            "MINISTACK_HOST": "127.0.0.1",
            "MINISTACK_REGION": self.region,
            "AWS_DEFAULT_REGION": self.region,
            "LAMBDA_EXECUTOR": "local",
            "IOT_MTLS_ENABLED": "0",
            "SFTP_ENABLED": "0",
            "PERSIST_STATE": "1",
            "STATE_DIR": str(self.state / "ministack"),
            "S3_PERSIST": "1",
            "S3_DATA_DIR": str(self.state / "s3"),
            "TMPDIR": str(self.state / "tmp"),
            "DOCKER_HOST": "unix:///nonexistent",
            "LOG_LEVEL": "WARNING",
        }


def _kill_group(leader: int) -> None:
    """What an emulator that has ended leaves behind: a function may be just about to start. Waits until it is gone,
    for a second at most, since an init that collects nothing leaves dead ones in the group."""
    deadline = time.monotonic() + 1
    with contextlib.suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(leader, signal.SIGKILL)
            time.sleep(0.02)
