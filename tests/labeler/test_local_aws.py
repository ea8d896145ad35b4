"""The labeler on the real local AWS: from the queue to the object, and the commands as processes of their own."""

import json
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from labeler import services
from labeler.accounts.models import User
from labeler.labeling import projects
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.intake import inbox
from labeler.labeling.models import Project
from labeler.labeling.recovery.reconcile import differences
from labeler.labeling.tasks import leases
from pipeline import messages
from pipeline.schema import Annotation, Handoff, PostReady

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def cloud(stack: Mapping[str, str], monkeypatch: pytest.MonkeyPatch) -> Iterator[services.Cloud]:
    """The session's stack in place of the one in memory."""
    for name, value in stack.items():
        monkeypatch.setenv(name, value)
    services.cloud.wire(None)
    yield services.cloud()
    services.cloud.wire(None)


@pytest.fixture
def project(db: None, cloud: services.Cloud) -> Project:
    return projects.create(f"jobs-{uuid.uuid4().hex[:8]}", "Job posts")[0]


def test_a_post_becomes_a_task_and_its_answer_an_object(
    project: Project, cloud: services.Cloud, labeler: User, ready: Callable[..., PostReady]
) -> None:
    large = ready("large", "word " * 50_000)
    sent = [messages.message(cloud.posts, one.to_json(), "t") for one in (ready(), large)]
    assert Handoff.SCHEMA in sent[1].body
    assert cloud.inbox.send(sent) == []
    while project.posts.count() < 2:  # SQS may hold messages back for a moment
        inbox.drain()
    lease = leases.next_task(project, labeler)
    assert lease
    saved = answers.submit(lease.token, labeler, Answer("labels", [(0, 1, "Role")]), "key-0001")
    assert saved.stored
    (listed,) = cloud.labels.list(f"annotations/{project.slug}/")
    assert Annotation.from_json(json.loads(cloud.labels.get(listed.key).body)).labeler == labeler.labeler_id
    cloud.labels.put(listed.key, b"another body")
    named = [line for line in differences() if listed.key in line]
    assert named == [f"{listed.key}: the object is not what the row says"]


def manage(state: Path, *words: str, **more: Any) -> "subprocess.CompletedProcess[str]":
    env = {**os.environ, "LABELMILL_STATE": str(state)}
    for name in ("DATABASE_URL", "POSTS_BUCKET", "DJANGO_SETTINGS_MODULE"):
        env.pop(name, None)
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *words], env=env, check=False, capture_output=True, text=True, **more
    )


@pytest.mark.slow
def test_commands_start_what_they_need_and_say_so(tmp_path: Path) -> None:
    made = manage(tmp_path, "project", "create", "job-posts", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert "migrating the database" in made.stderr
    assert "starting the local AWS" in made.stderr
    again = manage(tmp_path, "inbox", "--json")
    assert again.stderr == ""  # needs no AWS, and the database is up to date
    assert json.loads(again.stdout)["job-posts"]["posts"] == 0
    assert manage(tmp_path, "reconcile").stdout == "differences: 0\n"


@pytest.mark.slow
def test_the_worker_ends_cleanly_on_sigterm(tmp_path: Path) -> None:
    env = {**os.environ, "LABELMILL_STATE": str(tmp_path)}
    words = [sys.executable, "-u", str(ROOT / "manage.py"), "worker"]
    with subprocess.Popen(words, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stdout
        assert worker.stdout.readline() == "worker ready\n"
        worker.send_signal(signal.SIGTERM)
        said, _ = worker.communicate(timeout=60)
    assert worker.returncode == 0
    assert said.startswith("worker ended")
