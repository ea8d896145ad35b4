"""A worker that is killed in the middle of each bulk action: the next one goes on, and each post is done once."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline import stack as local_stack

ROOT = Path(__file__).resolve().parents[2]
POSTS = 4000
MOST_SECONDS = 120
KINDS = ("assign", "unassign", "close", "reopen", "delete", "restore")
EVENTS = ("assigned", "unassigned", "closed", "reopened", "deleted", "restored")

# More posts than a worker deals with before it is killed, and an action of each kind that waits.
SEED = f"""
import django; django.setup()
from labeler.accounts.models import User
from labeler.labeling import projects
from labeler.labeling.models import Assignment, Post, Task
from labeler.operations.models import BulkAction
project, _ = projects.create("jobs", "Job posts")
one = dict(project=project, revision="r", preparation="p", source="s", language="en", text="Apply now.",
    fetched_at="2026-01-01T00:00:00Z", tokenizer_name="t", tokenizer_version="1", tokenizer_sha256="0",
    packed_steps=b"B\\0\\5", packed_words=b"B\\0")
posts = Post.objects.bulk_create(
    Post(post_id=str(n).zfill(26), external_id=str(n), **one) for n in range({POSTS}))
tasks = Task.objects.bulk_create(Task(project=project, post=post, rank=post.pk) for post in posts)
Assignment.objects.bulk_create(Assignment(task=task, project=project, number=1, rank=task.rank) for task in tasks)
ann, chief = User.objects.create_user("ann"), User.objects.create_user("chief")
for kind in {KINDS}:
    labeler = ann if kind == "assign" else None
    BulkAction.objects.create(project=project, kind=kind, labeler=labeler, by=chief, reason="test")
"""
OBJECTS = """
import json, django; django.setup()
from labeler.services import cloud
read = lambda one: json.loads(cloud().labels.get(one.key).body)
found = [(one["kind"], one["n"], one["about"]["posts"]) for one in map(read, cloud().labels.list("reviews/jobs/"))]
print(json.dumps(found))
"""


@pytest.fixture
def env(tmp_path: Path) -> Iterator[dict[str, str]]:
    """A local AWS and a database of the test's own, seeded."""
    named = local_stack.environment({"LABELMILL_STATE": str(tmp_path)})
    made = {**os.environ, **named, "LABELMILL_STATE": str(tmp_path), "DJANGO_SETTINGS_MODULE": "labeler.settings"}
    made.pop("DATABASE_URL", None)
    try:
        subprocess.run([sys.executable, ROOT / "manage.py", "migrate"], env=made, cwd=ROOT, check=True)
        python(SEED, made)
        yield made
    finally:
        local_stack.release(tmp_path)


def python(program: str, env: dict[str, str]) -> str:
    run = subprocess.run([sys.executable, "-c", program], env=env, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    return run.stdout.decode()


def begun(env: dict[str, str]) -> "subprocess.Popen[bytes]":
    words = [sys.executable, str(ROOT / "manage.py"), "worker"]
    return subprocess.Popen(words, env=env, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def wait(for_what: Callable[[], Any], worker: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + MOST_SECONDS
    while not for_what():
        assert worker.poll() is None, "the worker ended by itself"
        assert time.monotonic() < until
        time.sleep(0.005)


@pytest.mark.slow
def test_a_worker_killed_in_the_middle_of_each_action_leaves_each_post_done_once(env: dict[str, str]) -> None:
    database = sqlite3.connect(f"file:{env['LABELMILL_STATE']}/db.sqlite3?mode=ro", uri=True)

    def asked(words: str) -> list[Any]:
        return database.execute(words).fetchall()

    broken = 0
    for kind in KINDS:
        worker = begun(env)
        seen = f"select seen from operations_bulkaction where kind = '{kind}' and seen > 0"
        try:
            wait(lambda words=seen: asked(words), worker)  # type: ignore[misc]
        finally:
            worker.send_signal(signal.SIGKILL)
            worker.wait()
        ((done,),) = asked(seen)
        broken += 0 < done < POSTS
    assert broken == len(KINDS)  # each was caught in the middle
    worker = begun(env)
    unstored = "select 1 from adjudication_reviewevent where stored_at is null"
    try:
        wait(
            lambda: not asked("select 1 from operations_bulkaction where state = 'waiting'") and not asked(unstored),
            worker,
        )
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
    finally:
        worker.kill()
        worker.wait()
    assert asked("select kind, seen, changed from operations_bulkaction order by id") == [
        (kind, POSTS, POSTS) for kind in KINDS
    ]
    once = (
        "select count(*), count(distinct task_id) from adjudication_touched t "
        "join operations_bulkaction_events e on e.reviewevent_id = t.event_id"
    )
    assert asked(f"{once} group by e.bulkaction_id") == [(POSTS, POSTS)] * len(KINDS)
    assert asked("select state, count(*) from labeling_task group by state") == [("open", POSTS)]
    assert asked("select 1 from labeling_assignment where kept_for_id is not null or state <> 'open'") == []
    assert len(asked("select 1 from audit_auditentry where action in ('assign', 'close', 'delete')")) == 3
    objects = json.loads(python(OBJECTS, env))
    assert [n for _, n, _ in objects] == list(range(1, len(objects) + 1))
    for event in EVENTS:
        named = [tuple(post) for kind, _, posts in objects if kind == event for post in posts]
        assert len(named) == len(set(named)) == POSTS
    database.close()
