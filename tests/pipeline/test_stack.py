"""The local stack runs while somebody uses it, and no longer."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipeline import stack

pytestmark = pytest.mark.slow

HOLD = """
import sys
from pathlib import Path
from pipeline import stack

stack.ensure(Path(sys.argv[1]))
print("up", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path
    stack.release(tmp_path)


def holder(state: Path) -> subprocess.Popen[str]:
    """Another process that uses the stack until its standard input is closed."""
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(state)], cwd=stack.ROOT, stdin=pipe, stdout=pipe, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    return process


def answers(endpoint: str) -> bool:
    try:
        urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=5).close()
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True


def wait_until(condition: Callable[[], bool], seconds: float = 30) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


def test_it_starts_when_needed_and_ends_when_nobody_uses_it(state: Path) -> None:
    outputs = stack.ensure(state)
    assert answers(outputs["endpoint_url"])
    assert json.loads((state / "stack.json").read_text()) == outputs
    with holder(state) as other:
        stack.release(state)
        assert answers(outputs["endpoint_url"]), "the other process still uses it"
        other.communicate()
    assert wait_until(lambda: not stack.is_running(state))
    assert not answers(outputs["endpoint_url"])


def test_it_ends_when_its_only_user_is_killed(state: Path) -> None:
    with holder(state) as other:
        endpoint = json.loads((state / "stack.json").read_text())["endpoint_url"]
        os.kill(other.pid, signal.SIGKILL)
    assert wait_until(lambda: not stack.is_running(state))
    assert not answers(endpoint)


def test_who_comes_while_it_stops_gets_a_new_one(state: Path) -> None:
    with holder(state) as other:
        os.kill(other.pid, signal.SIGKILL)
    assert wait_until(lambda: not (state / "stack.json").exists())
    assert answers(stack.ensure(state)["endpoint_url"])


def test_names_in_the_environment_win_and_start_nothing(tmp_path: Path) -> None:
    env = {"POSTS_BUCKET": "theirs", "LABELMILL_STATE": str(tmp_path / "never")}
    assert stack.environment(env) == env
    assert not (tmp_path / "never").exists()


def test_the_database_of_one_machine_is_not_the_emulators(state: Path) -> None:
    env = stack.environment({"LABELMILL_STATE": str(state)})
    assert env["POSTS_BUCKET"]
    assert "DATABASE_URL" not in env


def test_saved_outputs_name_another_stack(tmp_path: Path) -> None:
    (tmp_path / "outputs.json").write_text('{"posts_bucket": "b-posts", "region": "eu-north-1"}')
    env = stack.environment({"LABELMILL_STACK": str(tmp_path / "outputs.json")})
    assert (env["POSTS_BUCKET"], env["REGION"]) == ("b-posts", "eu-north-1")
