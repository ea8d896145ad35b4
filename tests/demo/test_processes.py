"""Children end with their parent and tell why they failed."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from demo import machine
from demo.processes import ROOT, Processes, ProcessFailedError
from pipeline.stack import StackError, make_state_dir


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


def test_a_child_that_is_kept_is_started_again_with_growing_gaps(tmp_path: Path) -> None:
    said: list[str] = []
    begun = tmp_path / "begun"
    with Processes({}, tmp_path) as processes:
        processes.keep("dying", ["-c", f"open({str(begun)!r}, 'a').write('x'); raise SystemExit(3)"])
        deadline = time.monotonic() + 30
        while len(said) < 3 and time.monotonic() < deadline:
            processes.tend(said.append)
            time.sleep(0.02)
        assert begun.read_text() == "xxx"
    assert [line.rpartition(" in ")[2] for line in said] == ["1 s", "2 s", "4 s"]


def test_a_child_that_hangs_is_killed_and_started_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("demo.processes.LOOK_SECONDS", 0.05)
    said: list[str] = []
    with Processes({}, tmp_path) as processes:
        first = processes.keep("sleeper", ["-c", "import time; time.sleep(600)"], lambda: False)
        deadline = time.monotonic() + 30
        while len(said) < 2 and time.monotonic() < deadline:
            processes.tend(said.append)
            time.sleep(0.02)
    assert first.returncode == -signal.SIGKILL
    assert said[0] == "sleeper answers no more, and is killed"


def test_a_child_is_looked_after_while_another_is_waited_for(tmp_path: Path) -> None:
    calls: list[int] = []
    with Processes({}, tmp_path) as processes:
        words = ["-c", "import time; time.sleep(1.2); print('x' * 200_000)"]
        assert len(processes.run("slow", words, meanwhile=lambda: calls.append(1))) == 200_001
    assert calls


def test_a_port_that_is_taken_or_none_is_refused_before_anything_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = str(other.getsockname()[1])
        for given in (taken, "http", "0", "-1", "65536", "9" * 5000, "\u0663"):
            with pytest.raises(StackError, match="PORT: given"):
                machine.check_port(given)
    assert machine.check_port("") == 0


def test_a_second_run_of_one_state_says_where_the_first_is(tmp_path: Path) -> None:
    with machine.alone(tmp_path) as place:
        place.write_text("http://127.0.0.1:8000")
        with (
            pytest.raises(StackError, match=r"running already on .*: http://127\.0\.0\.1:8000"),
            machine.alone(tmp_path),
        ):
            pass
    assert not place.exists()


def test_a_state_that_cannot_be_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StackError, match=r"LABELMILL_STATE: .* cannot hold the local state: Not a directory"):
        make_state_dir({"LABELMILL_STATE": str(tmp_path / "file" / "state")})
