"""The buckets alone make the database again, and reconcile names every difference."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed
from django.core.management import CommandError, call_command

from labeler import record_store
from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.labeling import projects
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.intake import inbox
from labeler.labeling.models import Annotation, Assignment, Draft, LabeledSpan, Post, Project, Task
from labeler.labeling.recovery import reconcile
from labeler.labeling.recovery.comparison_progress import ComparisonProgress
from labeler.labeling.recovery.rebuild import Rebuild
from labeler.labeling.recovery.rebuild import is_due as rebuild_is_due
from labeler.labeling.recovery.reconcile import differences
from labeler.labeling.tasks import leases
from pipeline import archive
from pipeline.schema import PostReady

DAY = datetime(2026, 1, 1, tzinfo=UTC)
OLD, NEW = "We look for a welder.\nApply now.", "Big news!\nWe look for a welder."


def put_in_archive(cloud: Any, *posts: PostReady) -> None:
    lines = [orjson.dumps(one.to_json()) for one in posts]
    cloud.posts.put(archive.key(archive.POSTS, "jobs", DAY, lines), archive.compress(lines))


def rebuild() -> dict[str, int]:
    run = Rebuild()
    run.run()
    return dict(run.counts)


def drop_everything() -> None:
    for model in (LabeledSpan, Draft, Annotation, Assignment, Task, Post, Project, User):
        model.objects.all().delete()


def state() -> dict[str, Any]:
    """All that is rebuilt, in a form that does not depend on primary keys."""
    return {
        "projects": list(Project.objects.values_list("slug", "name", "event", "body")),
        "posts": sorted(
            Post.objects.values_list(
                "post_id", "revision", "current", "text", "packed_steps", "task__state", "task__rank", "suggested"
            )
        ),
        "answers": sorted(
            Annotation.objects.values_list("task__post__revision", "labeler__labeler_id", "n", "current", "kind")
        ),
        "places": sorted(
            Assignment.objects.values_list("task__post__revision", "number", "state", "labeler__labeler_id"), key=str
        ),
        "spans": sorted(LabeledSpan.objects.values_list("label", "words", "start", "end")),
    }


@pytest.fixture
def worked(
    change: Callable[..., Project], person: Callable[..., User], cloud: Any, ready: Callable[..., PostReady]
) -> Project:
    """Two labelers, three postings (one revised after it was labelled), a skip, a correction, an undo."""
    project = change(redundancy=2)
    posts = [ready("1", OLD), ready("2", "Second text."), ready("3", "Third text.")]
    newer = ready("1", NEW, fetched_at="2026-01-02T00:00:00.000000Z")
    put_in_archive(cloud, *posts)
    put_in_archive(cloud, newer, posts[1])
    cloud.deliver(*posts)
    inbox.drain()
    for name, deeds in (("ann", "label label skip"), ("bob", "label undo")):
        user = person(name)
        for at, deed in enumerate(deeds.split()):
            if deed == "undo":
                answers.undo_last(user, project)
                continue
            lease = leases.next_task(project, user)
            assert lease
            answer = Answer("skip", reason="not-a-post")
            if deed == "label":
                answer = Answer("labels", spans=[(0, 1, "Role"), (0, 2, "Skill")], active_seconds=3)
            answers.submit(lease.token, user, answer, f"key-{name}-{at}")
            if name == "ann" and at == 1:
                answers.submit(lease.token, user, Answer("labels", spans=[(1, 2, "Tool")]), "key-correction")
    cloud.deliver(newer)
    inbox.drain()
    # Leases are not rebuilt.
    Assignment.objects.filter(token__isnull=False).update(labeler=None, token=None, leased_at=None, leased_until=None)
    return project


def test_database_and_buckets_say_the_same_after_work(worked: Project) -> None:
    assert list(differences()) == []


def test_a_dropped_database_is_rebuilt_the_same(worked: Project) -> None:
    before = state()
    drop_everything()
    counts = rebuild()
    assert counts == {"projects": 1, "posts": 4, "annotations": 6, "accounts": 2, "labelers": 0}
    assert state() == before
    assert list(differences()) == []


def test_rebuilding_again_adds_nothing(worked: Project) -> None:
    before = state()
    assert rebuild() == {"projects": 1, "posts": 0, "labelers": 0}
    assert state() == before


def test_work_goes_on_after_a_rebuild(worked: Project) -> None:
    labeler_id = User.objects.get(username="ann").labeler_id
    drop_everything()
    rebuild()
    ann = User.objects.get(labeler_id=labeler_id)
    project = Project.objects.get()
    lease = leases.next_task(project, ann)
    assert lease
    assert answers.submit(lease.token, ann, Answer("labels"), "key-after").stored
    assert list(differences()) == []


def test_a_database_from_an_hour_ago_lacks_what_came_since(worked: Project) -> None:
    lost = Annotation.objects.filter(n=2).first()
    assert lost
    key = lost.record().key
    LabeledSpan.objects.filter(annotation=lost).delete()
    lost.delete()
    assert f"{key}: in S3 only" in list(differences())
    assert rebuild()["annotations"] == 1
    assert list(differences()) == []


def test_a_submit_on_an_old_database_takes_the_next_number(
    project: Project, labeler: User, cloud: Any, ready: Callable[..., PostReady]
) -> None:
    put_in_archive(cloud, ready())
    cloud.deliver(ready())
    inbox.drain()
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels", spans=[(0, 1, "Role")]), "key-0001")
    LabeledSpan.objects.all().delete()
    Annotation.objects.all().delete()
    Assignment.objects.update(state="open", labeler=None)
    Task.objects.update(state="open")
    lease = leases.next_task(project, labeler)
    assert lease
    assert answers.submit(lease.token, labeler, Answer("labels"), "key-0002").stored
    assert Annotation.objects.get().n == 2
    rebuild()
    assert sorted(Annotation.objects.values_list("n", "current")) == [(1, False), (2, True)]
    assert list(differences()) == []


def test_an_object_lost_from_the_bucket_is_put_there_again(worked: Project, cloud: Any) -> None:
    key = Annotation.objects.filter(n=1).first().record().key  # type: ignore[union-attr]
    cloud.labels.delete(key)
    assert list(differences()) == [f"{key}: in the database only"]
    assert rebuild()["annotations stored again"] == 1
    assert list(differences()) == []


def test_every_kind_of_difference_is_named(worked: Project, cloud: Any, ready: Callable[..., PostReady]) -> None:
    row = Annotation.objects.filter(n=1).first()
    assert row
    cloud.labels.put(row.record().key, b"{}")
    waiting = Annotation.objects.filter(n=1).last()
    assert waiting
    Annotation.objects.filter(pk=waiting.pk).update(stored_at=None)
    put_in_archive(cloud, ready("9", "Ninth text."))
    cloud.deliver(ready("8", "Eighth text."))
    inbox.drain()
    settings = projects.newest_settings(cloud.labels, "jobs")
    for slug in ("jobs", "other"):
        event = replace(settings, project=slug, n=settings.n + 1)
        cloud.labels.put(f"projects/{slug}/events/{event.n}.json", json.dumps(event.to_json()).encode())
    found = list(differences())
    ends = ("event 2 in the database, 3 in S3", "not what the row says", "not marked as stored", "other: in S3 only")
    for end in (*ends, "in the archive only", "in the database only"):
        assert any(line.endswith(end) for line in found), end
    assert len(found) == 6


def test_an_annotation_whose_post_is_not_archived_yet_is_left(
    project: Project, labeler: User, take: Callable[..., Post], cloud: Any, ready: Callable[..., PostReady]
) -> None:
    take()
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels"), "key-0001")
    drop_everything()
    assert rebuild()["annotations without a post"] == 1
    put_in_archive(cloud, ready())
    assert rebuild()["annotations"] == 1


def test_what_cannot_be_read_is_counted_and_the_rest_taken(
    worked: Project, cloud: Any, ready: Callable[..., PostReady]
) -> None:
    key = Annotation.objects.filter(n=1).first().record().key  # type: ignore[union-attr]
    cloud.labels.put(key, b"not json")
    lines = [b'{"schema": "post-ready/9", "post_id": "x", "revision": "y"}']
    cloud.posts.put(archive.key(archive.POSTS, "jobs", DAY, lines), archive.compress(lines))
    drop_everything()
    counts = rebuild()
    assert (counts["unreadable"], counts["annotations"], counts["posts"]) == (2, 5, 4)


class Killed(Exception):
    pass


def test_a_comparison_that_was_broken_off_goes_on_behind_what_it_has_seen(
    worked: Project, cloud: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconcile, "CHUNK", 1)
    rows = list(Annotation.objects.order_by("task__post__post_id", "task__post__revision", "labeler__labeler_id", "n"))
    for row in (rows[0], rows[-1]):
        cloud.labels.delete(row.record().key)
    whole = list(differences())
    assert len(whole) == 2
    compared: list[str] = []
    same = reconcile._same

    def dies(row: Annotation, listed: Any) -> bool:
        compared.append(listed.key)
        if len(compared) == 3:
            raise Killed
        return same(row, listed)

    monkeypatch.setattr(reconcile, "_same", dies)
    kept = tmp_path / "kept"
    with pytest.raises(Killed):
        list(differences(kept=ComparisonProgress(kept, resume=False)))
    with kept.open("a") as file:
        file.write('{"section": "broken off wh')
    first = list(compared)
    assert list(differences(kept=ComparisonProgress(kept, resume=True))) == whole
    again = set(compared[3:]) & set(first[:-1])
    assert len(again) < 2, "what was compared before the crash is compared again"
    asked = len(compared)
    assert list(differences(kept=ComparisonProgress(kept, resume=True))) == whole
    assert len(compared) == asked
    assert list(differences(kept=ComparisonProgress(kept, resume=False))) == whole
    assert len(compared) > asked


def test_a_second_opinion_takes_no_place_after_a_rebuild_either(
    project: Project, person: Callable[..., User], cloud: Any, ready: Callable[..., PostReady]
) -> None:
    put_in_archive(cloud, ready())
    cloud.deliver(ready())
    inbox.drain()
    ann, bob = person("ann"), person("bob")
    late = leases.next_task(project, ann)
    assert late
    Assignment.objects.update(leased_until=DAY)
    taken = leases.next_task(project, bob)
    assert taken
    answers.submit(taken.token, bob, Answer("labels"), "key-bob-1")
    assert answers.submit(late.token, ann, Answer("labels"), "key-ann-1").second_opinion
    before = state()
    drop_everything()
    rebuild()
    assert state() == before
    assert list(differences()) == []


def test_an_empty_database_beside_full_buckets_is_noticed_before_accounts_are_made(worked: Project) -> None:
    assert not rebuild_is_due()
    drop_everything()
    assert rebuild_is_due()
    with pytest.raises(CommandError, match=r"`manage\.py rebuild` first"):
        call_command("demo_accounts")
    assert not User.objects.exists()
    out = StringIO()
    call_command("rebuild", stdout=out)
    assert "2 accounts have no password" in out.getvalue()
    assert "manage.py login_link USER" in out.getvalue()
    assert not rebuild_is_due()


def test_a_confirmed_address_stays_confirmed_and_another_does_not(worked: Project, rf: Any) -> None:
    for name in ("eve", "joe"):
        user = User.objects.create(username=name, email=f"{name}@example.org")
        EmailAddress.objects.create(user=user, email=user.email, primary=True)
    address = EmailAddress.objects.get(email="eve@example.org")
    address.set_verified()
    email_confirmed.send(sender=EmailAddress, request=rf.get("/"), email_address=address)
    while record_store.sweep(AuditEntry)[0]:
        pass
    drop_everything()
    AuditEntry.objects.all().delete()
    rebuild()
    assert list(EmailAddress.objects.values_list("user__username", "email", "verified")) == [
        ("eve", "eve@example.org", True)
    ]
