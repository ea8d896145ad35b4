"""Workers that are killed while they work: nothing is lost, nothing is done or told twice, nothing is left behind."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pipeline.adapters.aws import clients
from pipeline.jobs import submissions
from pipeline.jobs.services import JobServices
from pipeline.jobs.wiring import job_services
from pipeline.schema.job import COMPLETED, FREE, RUNNING, Job, Owner

ROOT = Path(__file__).resolve().parents[3]
JOBS, KILLS = 4, 3
PATIENCE = 120  # seconds

pytestmark = pytest.mark.slow


@pytest.fixture
def here(stack: Mapping[str, str]) -> JobServices:
    return job_services(stack)


@pytest.fixture
def start(stack: Mapping[str, str]) -> Iterator[Callable[[], subprocess.Popen[bytes]]]:
    started: list[subprocess.Popen[bytes]] = []

    def worker() -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "pipeline.annotator", "work"]
        env = {**os.environ, **stack, "HEARTBEAT_SECONDS": "3"}
        started.append(subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL))
        return started[-1]

    yield worker
    for one in started:
        one.terminate()
    for one in started:
        one.wait(30)


def until(found: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while not (value := found()):
        assert time.monotonic() < deadline, f"not within {PATIENCE} s: {what}"
        time.sleep(0.02)
    return value


def submitted(here: JobServices, user: str, path: Path) -> Job:
    job = submissions.open_job(
        here, user, here.now(), uuid4().hex,
        file_name="posts.txt", size=0, most=1 << 30, annotator="rules", options={},
    )  # fmt: skip
    here.files.upload(path, job.input_key, "text/plain")
    return submissions.confirm(here, user, job.id)


def test_jobs_whose_workers_are_killed_end_once_with_one_mail_and_no_leftovers(
    stack: Mapping[str, str], here: JobServices, start: Callable[[], subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    user = f"user-{uuid4().hex[:12]}"
    here.table.put_owner(Owner(user, 1, FREE, f"{user}@example.org"))
    (tmp_path / "posts.txt").write_text("You know Python, bake bread and drive a reach truck.\n" * 10_000)
    jobs = [submitted(here, user, tmp_path / "posts.txt") for _ in range(JOBS)]

    def now() -> list[Job]:
        found = [here.table.get(user, job.id) for job in jobs]
        return [one for one in found if one]

    workers = {str(one.pid): one for one in (start(), start())}
    for _ in range(KILLS):

        def at_work() -> str:
            names = [job.worker.rpartition(":")[2] for job in now() if job.state == RUNNING]
            return next((name for name in names if name in workers), "")

        victim = workers.pop(until(at_work, "a worker at work"))
        victim.send_signal(signal.SIGKILL)
        victim.wait()
        replacement = start()
        workers[str(replacement.pid)] = replacement

    def over(job: Job) -> bool:
        return job.state == COMPLETED and job.mails.get(f"completed:{job.result}") == "sent"

    until(lambda: all(over(job) for job in now()), "every job completed and mailed")
    assert any(job.attempt > 1 for job in now())
    for job in now():
        assert [one["event"] for one in job.events].count("complete") == 1
        left = [listed.key.removeprefix(job.prefix) for listed in here.files.list(job.prefix)]
        assert left == ["0/input.txt", f"{job.result}/bundle.zip", f"{job.result}/log.txt"]
    assert _mailed(stack, user) == JOBS


def _mailed(stack: Mapping[str, str], user: str) -> int:
    by_account = json.loads(clients(stack).read_local("/_ministack/ses/messages"))["messages"]
    sent = [one for messages in by_account.values() for one in messages]
    return sum(f"{user}@example.org" in one["To"] for one in sent)
