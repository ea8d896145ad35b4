"""`make run` and `make smoke` as a user starts them: whole, with real parts, leaving nothing behind."""

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.adapters.aws import S3Store, clients
from pipeline.crawls import CrawlReport, SourceSettings

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def processes_of(state: Path) -> list[int]:
    """Processes that work on this state: they are told it by environment or by argument."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                told = (entry / "environ").read_bytes() + (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if str(state).encode() in told:
                found.append(int(entry.name))
    return found


def listening(pids: list[int]) -> set[str]:
    """The addresses, in the kernel's hexadecimal, on which these processes listen."""
    inodes = set()
    for pid in pids:
        for fd in Path(f"/proc/{pid}/fd").iterdir():
            try:
                inodes.add(str(fd.readlink()).removeprefix("socket:[").removesuffix("]"))
            except OSError:
                continue
    found = set()
    for table in ("tcp", "tcp6"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                found.add(fields[1].partition(":")[0])
    return found


class Run:
    """A running `python -m demo.run`, and what it has printed."""

    def __init__(self, state: Path) -> None:
        self.printed: list[str] = []
        self._process = subprocess.Popen(
            [sys.executable, "-m", "demo.run"],
            cwd=ROOT,
            env={**os.environ, "LABELMILL_STATE": str(state)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def address(self, of: str = "label") -> str:
        """Waits for the line that tells where something is."""
        assert self._process.stdout
        for line in self._process.stdout:
            self.printed.append(line)
            if found := re.match(rf"\s+{of}\s+(http://127\.0\.0\.1:\d+)", line):
                return found[1]
        raise AssertionError("".join(self.printed))

    def stop(self, how: int = signal.SIGINT) -> int:
        self._process.send_signal(how)
        assert self._process.stdout
        self.printed += self._process.stdout.readlines()
        self._process.stdout.close()
        return self._process.wait(60)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "state"
    for pid in processes_of(tmp_path / "state"):
        os.kill(pid, signal.SIGKILL)


def posts_in(printed: list[str]) -> int:
    return int(re.search(r"already here: (\d+) posts", "".join(printed))[1])  # type: ignore[index]


def test_run_serves_on_loopback_only_keeps_its_data_and_leaves_nothing_running(state: Path) -> None:
    first = Run(state)
    address = first.address()
    with urllib.request.urlopen(f"{address}/accounts/login/", timeout=10) as answer:
        assert answer.status == 200
    assert listening(processes_of(state)) == {"0100007F"}  # 127.0.0.1
    assert first.stop() == 0, "".join(first.printed)
    assert processes_of(state) == []

    second = Run(state)
    second.address()
    assert posts_in(second.printed) == 67
    assert second.stop(signal.SIGTERM) == 0
    assert processes_of(state) == []


def test_a_source_that_is_due_is_run_without_being_asked(state: Path) -> None:
    run = Run(state)
    site = run.address("sample site")
    env = {"LABELMILL_STATE": str(state), **json.loads((state / "stack.json").read_text())}
    outputs = {name.upper(): value for name, value in env.items()}
    store = S3Store(clients(outputs).s3, outputs["POSTS_BUCKET"])
    source = SourceSettings("boards", site, "job-posts", limit=3)
    store.put(source.key, json.dumps(source.to_json()).encode())

    deadline = time.monotonic() + 60
    reports: list[CrawlReport] = []
    while not (reports and reports[0].ended_at) and time.monotonic() < deadline:
        time.sleep(0.2)
        found = [one.key for one in store.list("crawls/boards/") if one.key.endswith("Z.json")]
        reports = [CrawlReport.from_json(json.loads(store.get(key).body)) for key in found]
    assert run.stop() == 0, "".join(run.printed)
    assert [(one.failure, one.counts["scraped"]) for one in reports] == [("", 3)]
    assert processes_of(state) == []


def test_after_a_kill_the_next_run_makes_itself_whole(state: Path) -> None:
    first = Run(state)
    first.address()
    for pid in processes_of(state):
        os.kill(pid, signal.SIGKILL)
    first.stop(signal.SIGKILL)
    deadline = time.monotonic() + 20
    while processes_of(state) and time.monotonic() < deadline:
        time.sleep(0.05)

    second = Run(state)
    second.address()
    assert "ended uncleanly" in "".join(second.printed)
    assert posts_in(second.printed) == 67
    assert second.stop() == 0


def smoke(*words: str) -> tuple[int, dict[str, float], str]:
    done = subprocess.run(
        [sys.executable, "-m", "demo.smoke", *words],
        cwd=ROOT, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return done.returncode, json.loads(done.stdout.splitlines()[-1]), done.stderr


def test_smoke_does_the_main_job_on_the_sample_site() -> None:
    code, counts, told = smoke()
    assert code == 0, told
    counts.pop("seconds")
    posts = dict.fromkeys(("unique", "prepared", "archived", "in_inbox", "labelled", "exported"), 67)
    assert counts == {"scraped": 68, **posts}


def test_smoke_does_the_main_job_on_real_postings(data: Path, tmp_path: Path) -> None:
    maker = [sys.executable, str(ROOT / "tests" / "postings_site.py"), str(tmp_path / "pages")]
    subprocess.run(maker, cwd=ROOT, check=True, capture_output=True)
    code, counts, told = smoke("--site", str(tmp_path / "pages"))
    assert code == 0, told
    assert counts["exported"] == 40


def test_smoke_fails_on_a_site_without_postings(tmp_path: Path) -> None:
    (tmp_path / "index.html").write_text("<!doctype html><title>Nothing</title><p>We are not hiring.")
    code, counts, told = smoke("--site", str(tmp_path))
    assert code == 1
    assert counts["scraped"] == 0
    assert "wrong: " in told


COMMANDS = [
    (["manage.py", "inbox", "--json"], 0, "{}"),
    (["manage.py", "reconcile"], 0, ""),
    (["manage.py", "worker", "--once"], 0, ""),
    (["manage.py", "project", "create", "mine", "--name", "Mine"], 0, "mine"),
    (["-m", "pipeline.posts", "count", "job-posts"], 0, ""),
    (["-m", "pipeline.redrive", "list"], 0, ""),
    (["-m", "pipeline.replay", "--missing"], 0, ""),
]


@pytest.mark.parametrize(("words", "code", "printed"), COMMANDS, ids=lambda one: " ".join(one) if one else None)
def test_each_command_works_by_itself_on_a_fresh_state(words: list[str], code: int, printed: str, state: Path) -> None:
    env = {**os.environ, "LABELMILL_STATE": str(state)}
    done = subprocess.run([sys.executable, *words], cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == code, done.stderr
    assert printed in done.stdout
