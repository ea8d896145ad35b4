"""The local AWS lives as long as somebody uses it, keeps its state, and knows when it was killed."""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from labelmill_local.creators.clients import Clients
from labelmill_local.supervisor import POLL_SECONDS
from pipeline import stack

ROOT = Path(__file__).resolve().parents[2]
LOCAL = [sys.executable, str(ROOT / "pulumi" / "local.py")]
# The supervisor itself, with one queue in place of the whole program, which takes longer to make than to supervise.
SERVE = [sys.executable, str(Path(__file__).with_name("small_stack.py"))]
PATIENCE = 60  # seconds


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {PATIENCE} s")
        time.sleep(0.02)


@contextmanager
def in_use(state: Path) -> Iterator[None]:
    """What every user of the stack holds."""
    with (state / "in-use").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


@contextmanager
def served(state: Path, command: list[str] = SERVE) -> Iterator[subprocess.Popen[str]]:
    """A supervisor that is ready; killed at the end if it still runs."""
    process = subprocess.Popen([*command, str(state)], stderr=subprocess.PIPE, text=True)
    try:
        until(lambda: (stack.is_running(state) and (state / "stack.json").exists()) or process.poll() is not None)
        assert process.poll() is None
        yield process
    finally:
        process.kill()
        process.communicate()


def clients(state: Path) -> tuple[Clients, dict[str, str]]:
    outputs = json.loads((state / "stack.json").read_text())
    return Clients(outputs["endpoint_url"], outputs["region"], outputs["secret_access_key"]), outputs


def emulator_pid(state: Path) -> int:
    return int((state / "emulator.lock").read_text())


def test_it_ends_when_nobody_uses_it_and_keeps_what_it_holds(tmp_path: Path) -> None:
    with ExitStack() as running:
        with in_use(tmp_path):
            supervisor = running.enter_context(served(tmp_path))
            found, outputs = clients(tmp_path)
            found.get("sqs").send_message(QueueUrl=outputs["work_queue_url"], MessageBody="kept")
        assert supervisor.wait(PATIENCE) == 0
    assert not (tmp_path / "stack.json").exists()

    with in_use(tmp_path), served(tmp_path):
        found, again = clients(tmp_path)
        received = found.get("sqs").receive_message(QueueUrl=again["work_queue_url"])["Messages"]
        assert [one["Body"] for one in received] == ["kept"]
        assert again == outputs
    assert not (tmp_path / "unclean").exists()


def test_it_stays_while_anybody_uses_it(tmp_path: Path) -> None:
    with in_use(tmp_path), served(tmp_path) as supervisor:
        with in_use(tmp_path):
            pass
        with pytest.raises(subprocess.TimeoutExpired):
            supervisor.wait(2 * POLL_SECONDS)


def test_a_signal_ends_it_in_order(tmp_path: Path) -> None:
    with in_use(tmp_path), served(tmp_path) as supervisor:
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(PATIENCE) == 0
    assert not (tmp_path / "stack.json").exists()
    assert not (tmp_path / "running").exists()


def test_a_killed_emulator_is_started_again_and_its_last_snapshot_kept(tmp_path: Path) -> None:
    with in_use(tmp_path), served(tmp_path) as supervisor:
        found, outputs = clients(tmp_path)
        found.get("sqs").send_message(QueueUrl=outputs["work_queue_url"], MessageBody="kept")
        saved = tmp_path / "ministack" / "sqs.json"
        until(lambda: saved.exists() and "kept" in saved.read_text())
        killed = emulator_pid(tmp_path)
        os.kill(killed, signal.SIGKILL)
        until(lambda: not (tmp_path / "stack.json").exists())  # who comes meanwhile waits
        until((tmp_path / "stack.json").exists)
        assert (tmp_path / "unclean").exists()
        assert emulator_pid(tmp_path) != killed
        found, again = clients(tmp_path)
        assert again == outputs
        assert found.get("sqs").receive_message(QueueUrl=outputs["work_queue_url"])["Messages"]
        assert supervisor.poll() is None


@pytest.mark.slow
def test_one_that_hangs_is_killed_and_started_again(tmp_path: Path) -> None:
    with in_use(tmp_path), served(tmp_path):
        hanging = emulator_pid(tmp_path)
        os.kill(hanging, signal.SIGSTOP)
        until(lambda: not (tmp_path / "stack.json").exists())
        until((tmp_path / "stack.json").exists)
        assert emulator_pid(tmp_path) != hanging


def test_one_that_is_killed_while_it_is_provisioned_is_told_at_once(tmp_path: Path) -> None:
    env = {**os.environ, "PROVISION_SECONDS": "600"}
    with in_use(tmp_path):
        with subprocess.Popen([*SERVE, str(tmp_path)], stderr=subprocess.PIPE, text=True, env=env) as supervisor:
            until((tmp_path / "provisioning").exists)
            os.kill(emulator_pid(tmp_path), signal.SIGKILL)
            killed_at = time.monotonic()
            assert supervisor.wait(PATIENCE) == 1
            assert time.monotonic() - killed_at < 10
            assert "ended while it was provisioned" in str(supervisor.stderr and supervisor.stderr.read())
        provisioner = int((tmp_path / "provisioning").read_text())
        until(lambda: not Path(f"/proc/{provisioner}").exists())


def test_a_killed_supervisor_leaves_no_emulator(tmp_path: Path) -> None:
    with in_use(tmp_path), served(tmp_path) as supervisor:
        pid = emulator_pid(tmp_path)
        supervisor.kill()
        supervisor.wait(PATIENCE)
        until(lambda: not Path(f"/proc/{pid}").exists())
    with in_use(tmp_path), served(tmp_path):
        assert (tmp_path / "unclean").exists()


def test_a_second_supervisor_is_refused(tmp_path: Path) -> None:
    with in_use(tmp_path), served(tmp_path):
        second = subprocess.run([*SERVE, str(tmp_path)], capture_output=True, text=True, check=False)
    assert second.returncode == 1
    assert "another supervisor has the lock" in second.stderr


def test_a_port_that_is_none_is_refused(tmp_path: Path) -> None:
    env = {**os.environ, "LABELMILL_AWS_PORT": "http"}
    done = subprocess.run([*SERVE, str(tmp_path)], capture_output=True, text=True, check=False, env=env)
    assert done.returncode == 1
    assert "LABELMILL_AWS_PORT: given 'http', allowed: a port number" in done.stderr


def test_up_says_where_nothing_runs(tmp_path: Path) -> None:
    done = subprocess.run([*LOCAL, "up", "--state", str(tmp_path)], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert f"nothing runs on {tmp_path}" in done.stderr


def test_the_command_provisions_the_whole_program_and_ends_at_a_signal(tmp_path: Path) -> None:
    with in_use(tmp_path), served(tmp_path, [*LOCAL, "serve", "--state"]) as supervisor:
        _, outputs = clients(tmp_path)
        assert outputs["preprocess_function_name"]
        up = subprocess.run([*LOCAL, "up", "--state", str(tmp_path)], capture_output=True, text=True, check=False)
        assert up.returncode == 0, up.stderr
        assert f"{len(outputs)} outputs" in up.stdout
        supervisor.send_signal(signal.SIGTERM)
        assert supervisor.wait(PATIENCE) == 0
