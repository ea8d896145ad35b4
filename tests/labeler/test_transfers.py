"""A finished job's posts go into a project, its spans as suggestions."""

import threading
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.jobs import transfers
from labeler.jobs.models import Transfer
from labeler.labeling.models import Post, Project, Task
from labeler.services import job_services
from pipeline.jobs import submissions
from pipeline.jobs.transitions import move
from pipeline.schema.job import ARCHIVED, COMPLETED, Job

LONG = " " + "You work with people, and care for what they make." * 8  # as a project's gates ask for
ROWS = [
    {"row": 1, "id": "a", "text": "We know Python and rye." + LONG, "fields": {"title": "Baker", "url": "https://x.example/1"},
     "spans": [
         {"start": 8, "end": 14, "label": "Tool", "score": 0.75, "by": "rules", "tokens": [2, 3]},
         {"start": 19, "end": 22, "label": "Grain", "score": 1.0, "by": "rules", "tokens": [4, 5]},
     ]},
    {"row": 2, "id": "b", "text": "", "refused": "text: empty"},
    {"row": 3, "id": "a", "text": "Another of the same id." + LONG, "spans": []},
]  # fmt: skip


@pytest.fixture
def reviewer(person: Callable[..., User], project: Project) -> User:
    return person("rita", "reviewer")


@pytest.fixture
def job(reviewer: User, tmp_path: Path) -> Job:
    services: Any = job_services().jobs
    made = submissions.open_job(
        services, reviewer.labeler_id, services.now(), "k",
        file_name="a.jsonl", size=0, most=1000, annotator="rules", options={},
    )  # fmt: skip
    with zipfile.ZipFile(tmp_path / "b.zip", "w") as bundle:
        bundle.writestr("results.jsonl", b"".join(orjson.dumps(row) + b"\n" for row in ROWS))
    services.files.upload(tmp_path / "b.zip", made.key(1, "bundle.zip"), "application/zip")
    return move(services.table, made.user, made.id, lambda old: replace(old, state=COMPLETED, result=1))


def carry() -> dict[str, int]:
    return dict(transfers.carry_all(threading.Event()))


def test_posts_come_with_those_suggestions_whose_label_the_project_has(
    job: Job, reviewer: User, project: Project
) -> None:
    transfers.begin(reviewer, job, project)
    assert carry() == {"handovers": 1}
    first, second = Post.objects.order_by("id")
    assert (first.title, first.url, first.source) == ("Baker", "https://x.example/1", f"job:{job.id}")
    assert [(one.start, one.end, one.label, one.score) for one in first.suggestions] == [(8, 14, "Tool", 0.75)]
    assert list(second.suggestions) == []
    assert Task.objects.filter(state=Task.State.OPEN).count() == 2
    assert Transfer.objects.get().posts == 2


def test_carrying_again_after_a_crash_makes_no_second_post(job: Job, reviewer: User, project: Project) -> None:
    transfers.begin(reviewer, job, project)
    carry()
    Transfer.objects.update(state=Transfer.State.WAITING)
    carry()
    assert Post.objects.count() == 2


def test_an_archived_result_cannot_be_carried_and_is_tried_again_when_asked(
    job: Job, reviewer: User, project: Project
) -> None:
    table = job_services().jobs.table
    move(table, job.user, job.id, lambda old: replace(old, state=ARCHIVED))
    transfers.begin(reviewer, job, project)
    assert carry() == {"handovers failed": 1}
    assert "moved to the archive" in Transfer.objects.get().reason
    move(table, job.user, job.id, lambda old: replace(old, state=COMPLETED))
    transfers.begin(reviewer, job, project)
    assert carry() == {"handovers": 1}


def test_the_page_offers_it_to_reviewers_and_says_what_became_of_it(job: Job, reviewer: User, project: Project) -> None:
    client = Client()
    client.force_login(reviewer)
    address = reverse("jobs:job", args=[job.id])
    assert "Send its posts to labelling" in client.get(address).content.decode()
    client.post(reverse("jobs:send", args=[job.id]), {"project": project.slug})
    assert "on the way" in client.get(address).content.decode()
    carry()
    assert "2 new posts" in client.get(address).content.decode()


def test_an_error_of_our_own_fails_the_transfer_and_says_so(
    job: Job, reviewer: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise MemoryError

    made = transfers.begin(reviewer, job, project)
    monkeypatch.setattr(transfers, "prepare_post", broken)
    assert carry() == {"handovers failed": 1}
    made.refresh_from_db()
    assert (made.state, "MemoryError()" in made.reason) == ("failed", True)
