"""Annotation jobs measured on the local AWS: `python bench/jobs.py [throughput|rules|chaos]`, all three without a name.

throughput  jobs of 100 posts through 1, 2 and 4 workers: jobs/s, scaling, and how long a job waits (p50, p95)
rules       the annotator `rules` on 10 MB of posts: MB/s, and its share of a bare loop of the same matcher
chaos       jobs while workers are killed (SIGKILL) at random every two seconds: each job must end COMPLETED once, with
            one mail, and no object may be left that no job names; exits 1 otherwise

Texts are real posts where LABELMILL_DATA names them, else made from the project's own list of skills.
"""

import argparse
import gzip
import itertools
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from pipeline import stack, tokenizers  # noqa: E402
from pipeline.annotator import rulefile  # noqa: E402
from pipeline.annotator.patterns import Patterns  # noqa: E402
from pipeline.annotator.phrases import Phrases  # noqa: E402
from pipeline.annotator.rules import OWN_RULES, Rules  # noqa: E402
from pipeline.annotator.run import run  # noqa: E402
from pipeline.jobs import desk  # noqa: E402
from pipeline.jobs.job import COMPLETED, FREE, Job, Owner  # noqa: E402
from pipeline.jobs.office import Office  # noqa: E402
from pipeline.jobs.wiring import office  # noqa: E402

POSTS_A_JOB = 100
USER = "bench"


def texts() -> Iterator[str]:
    """Posts without end."""
    data = os.environ.get("LABELMILL_DATA")
    if data:
        with gzip.open(Path(data) / "corpus" / "job_descriptions.jsonl.gz", "rt", encoding="utf-8") as file:
            found = [json.loads(line)["text"] for line in file]
    else:
        phrases = [text for kind, text, _ in rulefile.read(OWN_RULES) if kind == "phrase"]
        draw = random.Random(1)
        found = [
            " ".join(f"You know {draw.choice(phrases)} and care for the people you work with." for _ in range(30))
            for _ in range(500)
        ]
    return itertools.cycle(found)


@dataclass
class Bench:
    env: Mapping[str, str]
    office: Office
    folder: Path

    def submit(self, count: int, name: str) -> list[Job]:
        source, found = texts(), []
        for at in range(count):
            path = self.folder / "input.jsonl"
            with path.open("w", encoding="utf-8") as file:
                for text in itertools.islice(source, POSTS_A_JOB):
                    file.write(json.dumps({"text": text[:2000]}) + "\n")
            job = desk.open_job(
                self.office, USER, self.office.now(), f"{name}-{at}",
                file_name=f"{name}-{at}.jsonl", size=0, most=1 << 30, annotator="rules", options={},
            )  # fmt: skip
            self.office.files.upload(path, job.input_key, "application/octet-stream")
            found.append(desk.confirm(self.office, USER, job.id))
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
        found = self.office.table.get(job.user, job.id)
        if found is None:
            raise LookupError(job.id)
        return found


def throughput(bench: Bench, count: int) -> None:
    first = 0.0
    for workers in (1, 2, 4):
        jobs = bench.submit(count, f"t{workers}-{time.monotonic_ns()}")
        processes = [bench.worker() for _ in range(workers)]
        try:
            ended = _ended(bench, jobs)
        finally:
            _stop(processes)
        finished = sorted(_time(job.finished_at) for job in ended)
        # From the first end on: how long a worker takes to start is another question.
        rate = (len(finished) - 1) / (finished[-1] - finished[0])
        first = first or rate
        waits = sorted(_time(job.finished_at) - _time(job.created_at) for job in ended)
        _say(
            f"{count} jobs of {POSTS_A_JOB} posts, {workers} workers",
            f"{rate:.1f} jobs/s, {rate / first:.2f} times one worker; submitted to completed p50 "
            f"{waits[len(waits) // 2]:.1f} s, p95 {waits[int(len(waits) * 0.95)]:.1f} s",
        )


def rules(folder: Path) -> None:
    source, size, path = texts(), 0, folder / "posts.jsonl"
    sample: list[str] = []
    with path.open("w", encoding="utf-8") as file:
        while size < 10_000_000:
            text = next(source)
            sample.append(text)
            size += len(text.encode())
            file.write(json.dumps({"text": text}, ensure_ascii=False) + "\n")
    known = list(rulefile.read(OWN_RULES))
    phrases = Phrases((text, meaning) for kind, text, meaning in known if kind == "phrase")
    patterns = Patterns((text, meaning) for kind, text, meaning in known if kind == "pattern")
    bare = min(_timed(lambda: [list(phrases.find(text)) + list(patterns.find(text)) for text in sample]) for _ in "12")
    alone = min(_timed(lambda: list(Rules().annotate(sample, {}, lambda line: None))) for _ in "12")
    tokenizer = tokenizers.default()
    whole = _timed(lambda: run(Rules(), path, {}, folder / "out", tokenizer))
    mb = size / 1e6
    _say("rules, bare loop of the matcher", f"{mb / bare:.1f} MB/s")
    _say("rules, the annotator", f"{mb / alone:.1f} MB/s, {bare / alone:.2f} of the bare loop")
    _say("rules, the whole run (rows, tokens, JSONL, CoNLL)", f"{mb / whole:.1f} MB/s, {bare / whole:.2f}")


def chaos(bench: Bench, count: int) -> bool:
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
    there = {key for job in ended for key in bench.office.files.list(job.prefix)}
    names = {job.file_name for job in ended}
    deadline = time.monotonic() + 60
    while len(mails := _mails(bench.env, names)) < len(jobs) and time.monotonic() < deadline:
        time.sleep(1)
    unknown = sum(outcome != "sent" for job in ended for outcome in bench.now(job).mails.values())
    twice = sum(count > 1 for count in mails.values())
    attempts = sum(job.attempt for job in ended)
    _say(
        f"{count} jobs, {killed} workers killed",
        f"{sum(job.state == COMPLETED for job in ended)} completed in {attempts} attempts; {len(mails)} mailed, "
        f"{twice} twice, {unknown} unknown; {len(there - wanted)} orphans, {len(wanted - there)} missing",
    )
    return there == wanted and len(mails) == count and not twice and not unknown


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
    with urllib.request.urlopen(f"{env['ENDPOINT_URL']}/_ministack/ses/messages") as answer:
        by_account = json.load(answer)["messages"]
    subjects = (one["Subject"] for messages in by_account.values() for one in messages)
    return Counter(subject for subject in subjects if subject.split(" ")[0] in names)


def _stop(processes: list[subprocess.Popen[bytes]]) -> None:
    for one in processes:
        one.terminate()
    for one in processes:
        one.wait()


def _timed(work: Callable[[], object]) -> float:
    """Seconds of this process alone, however busy the machine."""
    began = time.process_time()
    work()
    return time.process_time() - began


def _time(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()


def _say(what: str, figures: str) -> None:
    print(f"{what}: {figures}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=["throughput", "rules", "chaos"])
    parser.add_argument("--jobs", type=int, help="500 for throughput, 200 for chaos")
    given = parser.parse_args()
    passed = True
    with tempfile.TemporaryDirectory(prefix="bench-jobs-") as name:
        folder = Path(name)
        if given.part in (None, "rules"):
            rules(folder)
        if given.part in (None, "throughput", "chaos"):
            state = folder / "state"
            env = stack.environment({"LABELMILL_STATE": str(state)})
            bench = Bench(env, office(env), folder)
            bench.office.table.put_owner(Owner(USER, 1, FREE, "bench@example.org"))
            if given.part in (None, "throughput"):
                throughput(bench, given.jobs or 500)
            if given.part in (None, "chaos"):
                passed = chaos(bench, given.jobs or 200)
            stack.release(state)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
