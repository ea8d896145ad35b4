"""Jobs through workers on the local AWS: how fast, and that none is lost when workers are killed."""

import itertools
import json
import os
import random
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from bench.jobs_posts import texts
from pipeline import stack
from pipeline.adapters.aws import clients
from pipeline.jobs import submissions
from pipeline.jobs.services import JobServices
from pipeline.jobs.wiring import job_services
from pipeline.schema.job import COMPLETED, FREE, Job, Owner

ROOT = Path(__file__).resolve().parent.parent
POSTS_A_JOB = 100
MOST_CHARS = 2000  # of a post
USER = "bench"


@dataclass
class Bench:
    env: Mapping[str, str]
    services: JobServices
    folder: Path
    state: Path

    @classmethod
    def in_folder(cls, folder: Path) -> Self:
        """Starts the local AWS there, or works on where it runs."""
        state = folder / "state"
        env = stack.environment({"LABELMILL_STATE": str(state)})
        made = cls(env, job_services(env), folder, state)
        made.services.table.put_owner(Owner(USER, 1, FREE, "bench@example.org"))
        return made

    def put(self, key: str, body: bytes) -> None:
        with tempfile.NamedTemporaryFile(dir=self.folder) as file:
            file.write(body)
            file.flush()
            self.services.files.upload(Path(file.name), key, "application/octet-stream")

    def submit(self, count: int, name: str, user: str = USER) -> list[Job]:
        source, found = texts(), []
        for at in range(count):
            path = self.folder / "input.jsonl"
            with path.open("w", encoding="utf-8") as file:
                for text in itertools.islice(source, POSTS_A_JOB):
                    file.write(json.dumps({"text": text[:MOST_CHARS]}) + "\n")
            job = submissions.open_job(
                self.services, user, self.services.now(), f"{name}-{at}",
                file_name=f"{name}-{at}.jsonl", size=0, most=1 << 30, annotator="rules", options={},
            )  # fmt: skip
            self.services.files.upload(path, job.input_key, "application/octet-stream")
            found.append(submissions.confirm(self.services, user, job.id))
        return found

    def worker(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "pipeline.annotator", "work"],
            cwd=ROOT,
            env={**os.environ, **self.env, "HEARTBEAT_SECONDS": "6"},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def now(self, job: Job) -> Job:
        found = self.services.table.get(job.user, job.id)
        if found is None:
            raise LookupError(job.id)
        return found


def throughput(bench: Bench, count: int) -> dict[str, Any]:
    """All jobs wait before the workers start, so that waits are those of a backlog."""
    found: dict[str, Any] = {"jobs": count, "processors": os.cpu_count()}
    first = 0.0
    for workers in (1, 2, 4):
        jobs = bench.submit(count, f"t{workers}-{time.monotonic_ns()}")
        used, began = _processor_time(), time.time()
        processes = [bench.worker() for _ in range(workers)]
        try:
            ended = _ended(bench, jobs)
        finally:
            _stop(processes)
        finished = sorted(_time(job.finished_at) for job in ended)
        # From the first end on: how long a worker takes to start is another question.
        rate = (len(finished) - 1) / (finished[-1] - finished[0])
        first = first or rate
        waits = sorted(_time(_taken(job)) - began for job in ended)
        name = f"{workers}_worker{'s' if workers > 1 else ''}"
        found[f"{name}_jobs_s"] = round(rate, 2)
        found[f"{name}_times_one"] = round(rate / first, 2)
        found[f"{name}_wait_p50_s"] = round(waits[len(waits) // 2], 1)
        found[f"{name}_wait_p95_s"] = round(waits[int(len(waits) * 0.95)], 1)
        # Of the workers alone, whatever else the machine does; a second and a half of each is its start.
        found[f"{name}_processor_s_a_job"] = round((_processor_time() - used) / count, 3)
    return found


def _taken(job: Job) -> str:
    return next(str(one["at"]) for one in job.events if one["event"] == "take")


def _processor_time() -> float:
    """Seconds of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def chaos(bench: Bench, count: int) -> dict[str, Any]:
    draw = random.Random(7)
    jobs = bench.submit(count, f"c{time.monotonic_ns()}")
    processes = [bench.worker() for _ in range(3)]
    killed, next_kill = 0, time.monotonic() + 2
    try:
        while any(bench.now(job).state != COMPLETED or not bench.now(job).announced_at for job in jobs):
            if time.monotonic() >= next_kill:
                victim = draw.randrange(len(processes))
                processes[victim].send_signal(signal.SIGKILL)
                processes[victim].wait()
                processes[victim] = bench.worker()
                killed, next_kill = killed + 1, next_kill + 2
            time.sleep(0.1)
    finally:
        _stop(processes)
    ended = [bench.now(job) for job in jobs]
    wanted = {f"{job.prefix}{rest}" for job in ended for rest in
              ("0/input.jsonl", f"{job.result}/bundle.zip", f"{job.result}/log.txt")}  # fmt: skip
    there = {listed.key for job in ended for listed in bench.services.files.list(job.prefix)}
    names = {job.file_name for job in ended}
    deadline = time.monotonic() + 60
    while len(mails := _mails(bench.env, names)) < len(jobs) and time.monotonic() < deadline:
        time.sleep(1)
    unknown = sum(outcome != "sent" for job in ended for outcome in bench.now(job).mails.values())
    twice = sum(count > 1 for count in mails.values())
    attempts = sum(job.attempt for job in ended)
    return {
        "jobs": count,
        "workers_killed": killed,
        "completed": sum(job.state == COMPLETED for job in ended),
        "attempts": attempts,
        "mailed": len(mails),
        "mailed_twice": twice,
        "mails_unknown": unknown,
        "orphans": len(there - wanted),
        "missing": len(wanted - there),
        "passed": there == wanted and len(mails) == count and not twice and not unknown,
    }


def _ended(bench: Bench, jobs: list[Job]) -> list[Job]:
    waiting, ended = list(jobs), []
    while waiting:
        found = bench.now(waiting[0])
        if found.state == COMPLETED:
            ended.append(found)
            waiting.pop(0)
        else:
            time.sleep(0.05)
    return ended


def _mails(env: Mapping[str, str], names: set[str]) -> "Counter[str]":
    by_account = json.loads(clients(env).read_local("/_ministack/ses/messages"))["messages"]
    subjects = (one["Subject"] for messages in by_account.values() for one in messages)
    return Counter(subject for subject in subjects if subject.split(" ")[0] in names)


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for one in processes:
        one.terminate()
    for one in processes:
        one.wait()


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
