"""`python -m bench.chaos`: posts, answers and jobs while every process of a `make run` is killed and stopped at random.

A real local stack on a scratch state. A crawl brings posts, labelers answer them over HTTP, jobs are handed in, and
meanwhile labeler and its workers, worker, annotator, schedule, the local AWS and its functions get SIGKILL or SIGSTOP
every few seconds. Only `make run` itself and the local AWS's supervisor are spared; nothing but these starts anything
again. Who labels sends what was not answered once more, under the same key; a crawl that failed is run again.

Prints what was lost, doubled and given twice, the differences of `reconcile`, jobs that did not end, and processes that
were not started again: all must be 0. Exits with 1 on a miss.
"""

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from bench.chaos_blows import Blows, Processes
from bench.chaos_people import Book, Person
from bench.jobs_work import Bench
from bench.labeler_budgets import Budgets, missed, shown
from bench.labeler_seed import PASSWORD
from demo.machine import free_port
from pipeline import stack
from pipeline.ports import StoreUnavailable
from pipeline.schema.job import COMPLETED, Job
from tests import postings_site

ROOT = Path(__file__).resolve().parent.parent
PROJECT, WORDS = "chaos", 60
PART = 100  # postings that one list leads to
READY_SECONDS, SETTLE_SECONDS = 300, 600
BUDGETS: Budgets = dict.fromkeys(
    ("posts_lost", "posts_doubled", "answers_lost", "answers_doubled", "answers_refused", "given_twice",
     "reconcile_differences", "jobs_unfinished", "not_started_again", "left_hanging"),
    (0, "most"),
)  # fmt: skip
SEED = """
import django, sys; django.setup()
from django.contrib.auth.models import Group
from labeler.accounts.models import User
from labeler.labeling import projects
projects.create(sys.argv[1], "Chaos")
for number in range(int(sys.argv[2])):
    user = User.objects.create_user(f"labeler-{number}", password=sys.argv[3])
    user.groups.add(Group.objects.get(name="labeler"))
"""
COUNT = """
import django, json, sys; django.setup()
from collections import Counter
from labeler.labeling.models import Annotation, Post
rows = list(Annotation.objects.filter(project__slug=sys.argv[1]).values_list("idempotency_key", "task_id", "n"))
posts = Counter(Post.objects.filter(project__slug=sys.argv[1]).values_list("title", flat=True))
unstored = Annotation.objects.filter(stored_at=None).count()
print(json.dumps({"keys": [row[0] for row in rows], "tasks": [row[1] for row in rows], "posts": posts,
                  "unstored": unstored}))
"""


@dataclass(frozen=True)
class Run:
    """A `make run` on a scratch state; `env`: what its commands need."""

    state: Path
    port: int
    pid: int
    env: dict[str, str]

    def ask(self, script: str, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, "-c", script, *words],
            env=self.env,
            cwd=ROOT,
            check=True,
            stdout=subprocess.PIPE,
            text=True,
        )
        return done.stdout


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m bench.chaos", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("posts", 2000), ("answers", 2000), ("labelers", 8)):
        parser.add_argument(f"--{name}", type=int, default=default, metavar="N", help=f"default: {default}")
    parser.add_argument("--seed", type=int, default=7, metavar="N", help="of the blows; default: 7")
    parser.add_argument("--json", action="store_true", help="figures as one JSON object")
    given = parser.parse_args()
    if not 1 <= given.answers <= given.posts or given.labelers < 1:
        parser.error(f"--answers: given {given.answers}, allowed: 1 to the {given.posts} posts; a labeler or more")
    folder = Path(tempfile.mkdtemp(prefix="labelmill-chaos-"))
    found = measure(folder, given.posts, given.answers, given.labelers, given.seed)
    faults = missed(found, BUDGETS)
    if given.json:
        print(json.dumps({"figures": found, "missed": faults}))
    else:
        for name, value in found.items():
            print(f"{name.replace('_', ' '):<24}{value!s:>10}{shown(name, BUDGETS):>8}")
        print("\n".join(faults) or "every budget is kept")
    if faults:
        print(f"logs are in {folder / 'state' / 'logs'}", file=sys.stderr)
    else:
        shutil.rmtree(folder)
    return 1 if faults else 0


def measure(folder: Path, posts: int, answers: int, labelers: int, seed: int) -> dict[str, Any]:
    pages = write_pages(folder / "pages", posts)
    with running(folder) as run, serving(pages, run.env, folder) as address:
        run.ask(SEED, PROJECT, str(labelers), PASSWORD)
        bench = Bench.in_folder(folder)
        book, over = Book(answers), threading.Event()
        people = [Person(run.port, f"labeler-{number}", book, over) for number in range(labelers)]
        blows, began = Blows(Processes(run.pid), random.Random(seed)), time.monotonic()
        blows.start()
        with ThreadPoolExecutor(labelers + 2) as pool:
            crawled = pool.submit(crawl, run, address, posts, over)
            handed_in = pool.submit(hand_in, bench, max(5, answers // 50), over)
            at_work = [pool.submit(one.work) for one in people]
            try:
                while not (crawled.done() and handed_in.done() and all(one.done() for one in at_work)):
                    tell(
                        f"{len(book.accepted)} answers, {blows.killed.total()} killed, {blows.stopped.total()} stopped"
                    )
                    time.sleep(5)
                    if time.monotonic() - began > SETTLE_SECONDS + 2 * (posts + answers):
                        break
            finally:
                over.set()
        for one in at_work:
            one.result()
        took = time.monotonic() - began
        tell("no more blows; waiting until all is whole")
        blows.end()
        jobs = handed_in.result()
        return {
            "seconds": round(took),
            "killed": dict(blows.killed),
            "stopped": dict(blows.stopped),
            "requests_repeated": book.repeated,
            "crawls": crawled.result(),
            "jobs": len(jobs),
            **settle(run, bench, book, posts, jobs),
            "given_twice": len(book.given_twice),
            "answers_refused": len(book.refused),
            "not_started_again": len(Processes(run.pid).missing()),
            "left_hanging": len(blows.left_hanging),
            "details": [*book.given_twice[:3], *book.refused[:3], *sorted(blows.left_hanging)],
        }


def settle(run: Run, bench: Bench, book: Book, posts: int, jobs: list[Job]) -> dict[str, Any]:
    """What is there once nothing moves any more, or after ten minutes."""
    wanted = {f"Post {number}" for number in range(posts)}
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        there = json.loads(run.ask(COUNT, PROJECT))
        unfinished = [job for job in jobs if not is_completed(bench, job)]
        is_whole = not (there["unstored"] or unfinished or wanted - there["posts"].keys())
        is_whole = is_whole and not (run.state / "unclean").exists() and not Processes(run.pid).missing()
        if is_whole or time.monotonic() > deadline:
            break
        time.sleep(2)
    words = ["manage.py", "reconcile", "--json"]
    said = subprocess.run(
        [sys.executable, *words], env=run.env, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    *lines, summary = said.stdout.splitlines()
    for line in lines[:10]:
        tell(line)
    keys = set(there["keys"])
    return {
        "posts": len(there["posts"]),
        "posts_lost": len(wanted - there["posts"].keys()),
        "posts_doubled": sum(count > 1 for count in there["posts"].values()),
        "answers": len(book.accepted),
        "answers_lost": len(book.accepted.keys() - keys) + there["unstored"],
        "answers_doubled": len(there["tasks"]) - len(set(there["tasks"])),
        "reconcile_differences": json.loads(summary)["differences"],
        "jobs_unfinished": len(unfinished),
    }


def is_completed(bench: Bench, job: Job) -> bool:
    try:
        return bench.now(job).state == COMPLETED
    except (LookupError, StoreUnavailable, BotoCoreError, ClientError):
        return False


def crawl(run: Run, address: str, posts: int, over: threading.Event) -> int:
    """Part by part, for what a crawl could not send it reads again; how many crawls there were."""
    count = 0
    words = ["--project", PROJECT, "--source", PROJECT, "--allow-loopback"]
    for part in range(-(-posts // PART)):
        while not over.is_set():
            command = [sys.executable, "-m", "scraper", "crawl", f"{address}/part-{part:02}.html", *words]
            with (run.state / "logs" / "chaos-crawl.log").open("a") as log:
                done = subprocess.run(command, env=run.env, cwd=ROOT, stdout=log, stderr=log, check=False)
            count += 1
            if not done.returncode:
                break
            over.wait(5)
    return count


def hand_in(bench: Bench, count: int, over: threading.Event) -> list[Job]:
    """Each once, after some time; what fails is done again, as the page does."""
    jobs: list[Job] = []
    while len(jobs) < count:
        with contextlib.suppress(StoreUnavailable, BotoCoreError, ClientError):
            jobs += bench.submit(1, f"chaos-{len(jobs)}")
        over.wait(1)
    return jobs


def write_pages(folder: Path, count: int) -> Path:
    """Lists, and a page for each posting: its number is its id."""
    from bench.labeler_seed import texts

    folder.mkdir(parents=True)
    for number, text in zip(range(count), texts(), strict=False):
        posting = {"source": PROJECT, "id": str(number), "lang": "en", "title": f"Post {number}"}
        posting["text"] = " ".join(text.split()[:WORDS])
        (folder / f"{number:05}.html").write_text(postings_site.page(posting), encoding="utf-8")
    for part, start in enumerate(range(0, count, PART)):
        numbers = range(start, min(start + PART, count))
        rows = "".join(f'<li><a href="{number:05}.html">Post {number}</a>\n' for number in numbers)
        page = f"<!doctype html>\n<title>Postings</title>\n<ul>\n{rows}</ul>\n"
        (folder / f"part-{part:02}.html").write_text(page)
    return folder


@contextlib.contextmanager
def serving(pages: Path, env: dict[str, str], folder: Path) -> Iterator[str]:
    words = [sys.executable, "-m", "demo.site", "--folder", str(pages)]
    with (folder / "site.log").open("w") as log:
        site = subprocess.Popen(words, env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        assert site.stdout
        yield site.stdout.readline().strip()
    finally:
        site.terminate()
        site.communicate()


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Run]:
    """`make run` without the sample posts, which would take their time."""
    state, port = folder / "state", free_port()
    state.mkdir()
    (state / "sample-loaded").touch()
    env = {**os.environ, "LABELMILL_STATE": str(state), "PORT": str(port), "DJANGO_SETTINGS_MODULE": "labeler.settings"}
    with (folder / "run.log").open("w") as log:
        process = subprocess.Popen([sys.executable, "-m", "demo.run"], env=env, cwd=ROOT, stdout=log, stderr=log)
    try:
        wait_until(lambda: (state / "address").exists() or process.poll() is not None, READY_SECONDS)
        if process.poll() is not None:
            raise RuntimeError((folder / "run.log").read_text())
        yield Run(state, port, process.pid, env)
    finally:
        stack.release(state, wait_seconds=0)
        process.send_signal(signal.SIGINT)
        process.wait(60)


def wait_until(is_so: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {seconds:.0f} s")
        time.sleep(0.2)


def tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
