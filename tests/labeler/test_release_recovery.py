"""Gold and releases come back from the buckets alone, with everything else; reconcile names what differs."""

import gzip
import io
import json
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from labeler import record_store
from labeler.accounts.models import User
from labeler.adjudication import decisions
from labeler.adjudication.models import Gold
from labeler.datasets.models import Import, Release
from labeler.labeling import projects
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.labels import relabeling
from labeler.labeling.models import Annotation, Assignment, Draft, LabeledSpan, Post, Project, Task
from labeler.labeling.recovery.rebuild import Rebuild
from labeler.labeling.recovery.reconcile import differences
from labeler.labeling.tasks import leases
from pipeline.labelset import MERGE, RENAME, Operation
from pipeline.ports import StoreUnavailable
from pipeline.schema import Label


def rebuild() -> dict[str, int]:
    run = Rebuild()
    run.run()
    return dict(run.counts)


def drop_everything() -> None:
    Task.objects.update(state="open")
    for model in (Gold, Release, Import, LabeledSpan, Draft, Annotation, Assignment, Task, Post, Project, User):
        model.objects.all().delete()


def state() -> dict[str, Any]:
    """What is rebuilt of datasets, in a form that does not depend on primary keys."""
    return {
        "posts": sorted(Post.objects.values_list("post_id", "revision", "current", "task__state")),
        "extras": sorted(Post.objects.values_list("post_id", "extra"), key=str),
        "answers": sorted(
            Annotation.objects.values_list("task__post__post_id", "labeler__labeler_id", "n", "current", "kind")
        ),
        "gold": sorted(Gold.objects.values_list("task__post__post_id", "n", "current", "by", "comment")),
        "releases": list(Release.objects.order_by("version").values_list("version", "state", "manifest")),
        "projects": list(Project.objects.values_list("slug", "event", "body")),
        "spans": Counter(LabeledSpan.objects.values_list("label", "words", "start", "end")),
    }


def fill(tmp_path: Path, count: int, labelled: int) -> Project:
    """`count` imported posts, the first `labelled` of them with labels."""
    rows = []
    for n in range(count):
        row: dict[str, Any] = {
            "id": str(n),
            "text": f"Post {n} wants a welder in town {n * 7919}.",
            "company": f"F{n % 50}",
        }
        rows.append({**row, "spans": [[0, 4, "A"]]} if n < labelled else row)
    file = tmp_path / "rows.jsonl"
    file.write_text("\n".join(map(json.dumps, rows)))
    call_command("import", "ds", str(file), "--format", "jsonl", "--create", stdout=io.StringIO())
    return Project.objects.get(slug="ds")


def work(project: Project, user: User, submits: int) -> None:
    """Answers, every third a skip; label-set changes, decisions and two releases between."""
    for at in range(submits):
        lease = leases.next_task(project, user)
        assert lease
        answer = Answer("skip", reason="not-a-post") if at % 3 == 2 else Answer("labels", spans=[(0, 1, "A")])
        answers.submit(lease.token, user, answer, f"key-{at:05}")
    for at, task in enumerate(
        Task.objects.filter(annotations__kind="labels").order_by("pk").distinct()[: submits // 2]
    ):
        decisions.decide(task, [(0, 1, "A")] if at % 2 else [], user.labeler_id, "so it is")
        if at % 5 == 0:
            decisions.decide(task, [(0, 2, "A")], user.labeler_id)
    release()
    labels = project.settings.labels
    project = projects.edit(project, {"labels": (*labels, Label("B", "2", 2))}, "system", kind="label-added")
    project = relabeling.operate(project, Operation(RENAME, ("A",), ("First word",)), "system")
    relabeling.operate(project, Operation(MERGE, ("First word", "B"), ("Words",)), "system")
    release()


def release() -> None:
    call_command("release", "ds", "--format", "jsonl", stdout=io.StringIO())


@pytest.fixture
def worked(cloud: Any, person: Callable[..., User], tmp_path: Path) -> Project:
    project = fill(tmp_path, 40, 20)
    work(project, person("ann"), 9)
    return project


def test_the_buckets_alone_make_gold_and_releases_again(worked: Project) -> None:
    assert not list(differences())
    before = state()
    drop_everything()
    counts = rebuild()
    assert state() == before
    assert (counts["posts"], counts["gold"], counts["releases"]) == (40, 5, 2)
    assert not list(differences())
    again = rebuild()
    assert not any(again.get(name) for name in ("posts", "annotations", "gold", "releases"))


def test_reconcile_names_what_is_on_one_side_only(worked: Project, cloud: Any) -> None:
    lost = Gold.objects.filter(current=True).first()
    assert lost
    cloud.labels.delete(lost.record().key)
    Gold.objects.filter(current=False).delete()
    Release.objects.filter(version=2).delete()
    cloud.releases.delete("releases/ds/v1/manifest.json")
    said = sorted(differences())
    assert [line.split(": ")[1] for line in said] == [
        "in S3 only", "in the database only", "in the database only", "in S3 only",
    ]  # fmt: skip
    assert f"{lost.record().key}: in the database only" in said
    assert "releases/ds/v2: in S3 only" in said


def test_an_hour_old_database_is_named_mended_and_worked_on(worked: Project, cloud: Any) -> None:
    newest = Gold.objects.get(task=Gold.objects.get(n=2).task, n=2)
    task, key = newest.task, newest.record().key
    Gold.objects.filter(pk=newest.pk).delete()  # the database forgets the last decision
    Gold.objects.filter(task=task, n=1).update(current=True)
    assert list(differences()) == [f"{key}: in S3 only"]
    decided = decisions.decide(task, [], "late")  # its n is taken in S3: 412, so it takes the next
    assert (decided.n, decided.stored_at is not None) == (3, True)
    rebuild()
    assert list(Gold.objects.filter(task=task).order_by("n").values_list("n", "current")) == [
        (1, False), (2, False), (3, True),
    ]  # fmt: skip
    assert not list(differences())


def _keys() -> set[str]:
    return {one.record().key for one in Annotation.objects.all()} | {one.record().key for one in Gold.objects.all()}


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor != "sqlite", reason="copies the whole database by SQLite's own backup")
def test_a_database_restored_from_a_copy_is_named_mended_and_worked_on(worked: Project) -> None:
    with closing(sqlite3.connect(":memory:")) as copy:
        connection.connection.backup(copy)
        waiting = Task.objects.filter(state="open").order_by("pk").first()
        ann = User.objects.get(username="ann")
        for at in range(6):
            lease = leases.next_task(worked, ann)
            assert lease
            answer = Answer("skip", reason="not-a-post") if at == 2 else Answer("labels", spans=[(0, 1, "Words")])
            answers.submit(lease.token, ann, answer, f"since-{at:05}")
        for task in Task.objects.filter(gold=None, annotations__kind="labels").order_by("pk")[:3]:
            decisions.decide(task, [(0, 1, "Words")], ann.labeler_id)
        relabeling.operate(Project.objects.get(), Operation(RENAME, ("Words",), ("Terms",)), "system")
        release()
        since, seen = state(), _keys()
        connection.close()
        connection.ensure_connection()
        copy.backup(connection.connection)
    kept = _keys()
    named = {line.split(": ")[0] for line in differences() if line.endswith(": in S3 only")}
    assert len(seen - kept) >= 6 + 3
    assert seen - kept <= named
    assert "releases/ds/v3" in named
    lease = leases.next_task(worked, ann)
    assert lease
    assert lease.task == waiting  # which was answered since
    answers.submit(lease.token, ann, Answer("labels", spans=[(0, 1, "Words")]), "key-after")
    again = Annotation.objects.get(task=waiting)
    assert (again.n, again.stored_at is not None) == (2, True)
    rebuild()
    assert not list(differences())
    now = state()
    assert len(now["answers"]) == len(since["answers"]) + 1
    assert [now[part] for part in ("gold", "releases", "projects")] == [
        since[part] for part in ("gold", "releases", "projects")
    ]


def test_a_decision_waits_while_s3_is_away(worked: Project, cloud: Any) -> None:
    task = Task.objects.filter(gold=None)[0]
    whole = cloud.labels.put_new

    def away(key: str, body: bytes, kind: str = "") -> None:
        raise StoreUnavailable("S3")

    cloud.labels.put_new = away
    try:
        row = decisions.decide(task, [], "ann")
    finally:
        cloud.labels.put_new = whole
    assert row.stored_at is None
    assert list(differences()) == [f"{row.record().key}: in the database only, waiting to be stored"]
    assert record_store.sweep(Gold)[0] == 1
    assert not list(differences())


def test_an_unreadable_decision_is_passed_over_and_counted(worked: Project, cloud: Any) -> None:
    row = Gold.objects.filter(current=True)[0]
    cloud.labels.put(f"{row.record().key.rpartition('/')[0]}/9.json", b"{}")
    assert rebuild()["unreadable"] == 1
    assert not Gold.objects.filter(n=9).exists()


FOREIGN = {
    "labels": [
        "gold/ds/readme.txt",
        "gold/ds/a/b/1.json.bak",
        "gold/ds/a/b/c.json",
        "projects/other/events/readme.txt",
        "projects/broken/events/1.json",
        "projects/ds/events/x.json",
        "annotations/ds/readme.txt",
        "annotations/ds/a/b/c/d.json",
        "reviews/ds/readme.txt",
        "reviews/ds/1.json",
        "suggestions/ds/readme.txt",
        "audit/readme.txt",
        "readme.txt",
    ],
    "posts": ["posts/ds/2026/readme.txt", "posts/readme.txt", "readme.txt"],
    "releases": [
        "releases/ds/v\u00b2/manifest.json",
        "releases/ds/v8/manifest.json",
        "releases/ds/v10/plan.jsonl.gz",
        "releases/ds/vx",
        "releases/ds/readme.txt",
    ],
}


@pytest.mark.parametrize(
    "body", [b"", b"not json", b"{}", b"[1]", b'{"schema": "x/9"}', gzip.compress(b"{}\n", mtime=0)[:-9]]
)
def test_objects_of_others_are_passed_over_and_lose_nothing(worked: Project, cloud: Any, body: bytes) -> None:
    before = state()
    for bucket, keys in FOREIGN.items():
        for key in keys:
            getattr(cloud, bucket).put(key, body)
    drop_everything()
    rebuild()
    assert state() == before
    said = "\n".join(differences())
    assert "gold/ds/readme.txt: in S3 only" in said
    with pytest.raises(CommandError, match=r"releases/ds/v8/plan\.jsonl\.gz: the splits"):
        release()
    cloud.releases.delete("releases/ds/v8/manifest.json")
    with pytest.raises(CommandError, match=r"releases/ds/v10/plan"):
        release()


@pytest.mark.slow
def test_ten_thousand_posts_come_back_without_a_difference(
    cloud: Any, person: Callable[..., User], tmp_path: Path
) -> None:
    work(fill(tmp_path, 10_000, 8_000), person("ann"), 900)
    before = state()
    assert {label for label, *_ in before["spans"]} == {"Words"}
    drop_everything()
    rebuild()
    assert state() == before
    assert not list(differences())
