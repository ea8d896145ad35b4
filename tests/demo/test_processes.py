"""Children end with their parent and tell why they failed."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from demo.processes import ROOT, Processes, ProcessFailedError


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def wait_until_gone(pid: int) -> bool:
    deadline = time.monotonic() + 20
    while alive(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(pid)


def test_children_are_stopped_at_the_end_of_the_block(tmp_path: Path) -> None:
    with Processes({}, tmp_path) as processes:
        child = processes.start("sleeper", ["-c", "import time; time.sleep(600)"])
        assert child.poll() is None
    assert child.returncode == -signal.SIGTERM


def test_children_end_when_their_parent_is_killed(tmp_path: Path) -> None:
    parent = textwrap.dedent(f"""
        import time
        from pathlib import Path
        from demo.processes import Processes
        with Processes({{}}, Path({str(tmp_path)!r})) as processes:
            print(processes.start("sleeper", ["-c", "import time; time.sleep(600)"]).pid, flush=True)
            time.sleep(600)
    """)
    with subprocess.Popen([sys.executable, "-c", parent], cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        child = int(process.stdout.readline())
        assert alive(child)
        os.kill(process.pid, signal.SIGKILL)
    assert wait_until_gone(child)


def test_a_failed_run_shows_the_end_of_its_log(tmp_path: Path) -> None:
    with Processes({}, tmp_path) as processes, pytest.raises(ProcessFailedError, match="no such file of mine"):
        processes.run("broken", ["-c", "raise SystemExit('no such file of mine')"])


def test_a_child_that_dies_before_its_first_line_is_an_error(tmp_path: Path) -> None:
    with Processes({}, tmp_path) as processes, pytest.raises(ProcessFailedError, match="ended with 3"):
        processes.first_line("mute", ["-c", "raise SystemExit(3)"])


def test_the_environment_given_reaches_the_children(tmp_path: Path) -> None:
    with Processes({"LABELMILL_STATE": "/somewhere"}, tmp_path) as processes:
        out = processes.run("env", ["-c", "import os; print(os.environ['LABELMILL_STATE'])"])
    assert out == "/somewhere\n"
