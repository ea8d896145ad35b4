"""What reviewers and admins did is kept in S3 and made again from there, in its order."""

import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from django.contrib.auth.models import Group

from labeler import record_store
from labeler.accounts.models import User
from labeler.adjudication import comparisons, decisions, rulings
from labeler.adjudication.models import Comparison, Gold, ReviewEvent, Ruling, Touched
from labeler.audit.models import AuditEntry
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.intake import inbox
from labeler.labeling.models import Annotation, Assignment, Cursor, Draft, LabeledSpan, Post, Project, SentBack, Task
from labeler.labeling.recovery.rebuild import Rebuild
from labeler.labeling.recovery.reconcile import differences
from labeler.labeling.tasks import leases, transitions
from labeler.operations import bulk
from labeler.operations.models import BulkAction
from pipeline import archive
from pipeline.ports import StoreUnavailable
from pipeline.schema import AuditRecord, PostReady
from pipeline.schema import ReviewEvent as Record

NEVER = threading.Event()
ROLE, TOOL = (0, 1, "Role"), (0, 1, "Tool")


@pytest.fixture
def posts(change: Callable[..., Project], cloud: Any, ready: Callable[..., PostReady]) -> list[Post]:
    """Six, each for two labelers, archived as they are in S3."""
    change(redundancy=2)
    made = [ready(str(number), f"Text {number} about welding.") for number in range(6)]
    lines = [orjson.dumps(one.to_json()) for one in made]
    cloud.posts.put(
        archive.key(archive.POSTS, "jobs", datetime(2026, 1, 1, tzinfo=UTC), lines), archive.compress(lines)
    )
    cloud.deliver(*made)
    inbox.drain()
    return list(Post.objects.order_by("pk"))


@pytest.fixture
def chief(person: Callable[..., User]) -> User:
    return person("chief", "admin")


@pytest.fixture
def ask(posts: list[Post], chief: User) -> Callable[..., BulkAction]:
    """Asks for a bulk action and has the worker do it."""

    def make(kind: str, *numbers: int, **more: Any) -> BulkAction:
        chosen = [posts[number].task.pk for number in numbers]
        project = Project.objects.get()
        made = BulkAction.objects.create(
            project=project, kind=kind, by=chief, reason=f"to {kind}", chosen=chosen, **more
        )
        bulk.run(NEVER)
        made.refresh_from_db()
        return made

    return make


def answer(user: User, post: Post, spans: list[Any], key: str) -> Annotation:
    """Under a lease on just this post: ann's are the first places, everybody else's the second."""
    places = Assignment.objects.filter(task=post.task, number=1 if user.username == "ann" else 2)
    places.update(**transitions.grant(user))
    place = places.select_related("task__post", "labeler").get()
    return answers.submit(leases.Lease(place).token, user, Answer("labels", spans=spans), key).annotation


def test_an_event_says_who_when_why_and_which_posts(
    ask: Callable[..., BulkAction], posts: list[Post], chief: User, cloud: Any
) -> None:
    ask("delete", 1, 3)
    row = ReviewEvent.objects.get()
    (listed,) = cloud.labels.list("reviews/jobs/")
    record = Record.from_json(json.loads(cloud.labels.get(listed.key).body))
    assert (record.kind, record.by, record.why) == ("deleted", chief.labeler_id, "to delete")
    assert record.about == {"posts": [[posts[1].post_id, posts[1].revision], [posts[3].post_id, posts[3].revision]]}
    assert row.stored_at
    assert listed.key == "reviews/jobs/000000001.json"


def test_what_changes_nothing_is_no_event(ask: Callable[..., BulkAction]) -> None:
    ask("restore", 0)
    assert not ReviewEvent.objects.exists()


def test_an_action_is_undone_for_just_the_posts_it_changed(ask: Callable[..., BulkAction]) -> None:
    ask("delete", 0)
    action = ask("delete", 0, 1, 2)
    assert (action.seen, action.changed) == (3, 2)
    undo = ask("restore", undoes=action)
    assert (undo.seen, undo.changed) == (2, 2)
    assert list(Task.objects.filter(state="deleted").values_list("post__external_id", flat=True)) == ["0"]


def test_while_s3_is_away_the_deed_is_done_and_its_object_put_later(ask: Callable[..., BulkAction], cloud: Any) -> None:
    cloud.labels.fail("reviews/", StoreUnavailable("away"))
    ask("close", 0)
    assert Task.objects.filter(state="closed").count() == 1
    assert "reviews/jobs/000000001.json: in the database only, waiting to be stored" in list(differences())
    assert record_store.sweep(ReviewEvent)[0] == 1
    assert record_store.sweep(ReviewEvent)[0] == 0
    assert list(differences()) == []


def test_a_number_that_the_bucket_has_already_is_passed_over(ask: Callable[..., BulkAction]) -> None:
    ask("close", 0)
    Touched.objects.all().delete()
    ReviewEvent.objects.all().delete()  # the database is from before
    ask("close", 1)
    assert ReviewEvent.objects.get().n == 2


def drop_everything() -> None:
    for model in (Touched, ReviewEvent, Ruling, BulkAction, SentBack, Gold, Comparison, Cursor, AuditEntry):
        model.objects.all().delete()
    for labeling in (LabeledSpan, Draft, Annotation, Assignment, Task, Post, Project, User):
        labeling.objects.all().delete()


def rebuild() -> dict[str, int]:
    run = Rebuild()
    run.run()
    return dict(run.counts)


def state() -> dict[str, Any]:
    """All that reviewers and admins brought about, in a form that does not depend on primary keys."""
    return {
        "tasks": sorted(Task.objects.values_list("post__post_id", "post__revision", "state")),
        "places": sorted(
            Assignment.objects.exclude(state="answered").values_list(
                "task__post__post_id", "state", "kept_for__username"
            ),
            key=str,
        ),
        "sent back": sorted(
            SentBack.objects.values_list(
                "task__post__post_id", "labeler__username", "annotation__n", "by__username", "comment", "answer__n"
            ),
            key=str,
        ),
        "rulings": sorted(Ruling.objects.values_list("key", "phrase", "label", "by__username", "why", "settled")),
        "standing": sorted(Ruling.objects.filter(undone_at=None).values_list("key")),
        "events": sorted(ReviewEvent.objects.values_list("n", "kind", "by", "why")),
        "touched": sorted(Touched.objects.values_list("event__n", "task__post__post_id")),
        "audit": sorted(AuditEntry.objects.values_list("at", "subject", "action", "by__username", "account")),
        "people": sorted(User.objects.values_list("labeler_id", "username", "email", "is_active", "groups__name")),
    }


def test_a_dropped_database_is_made_again_with_all_that_was_done(
    posts: list[Post], ask: Callable[..., BulkAction], person: Callable[..., User], chief: User
) -> None:
    project, ann, bob, rita = Project.objects.get(), person("ann"), person("bob"), person("rita", "reviewer")
    dan = person("dan")
    dan.groups.add(Group.objects.get(name="admin"))
    dan.is_active, dan.email = False, "dan@example.org"
    dan.save()
    first = answer(ann, posts[0], [ROLE], "key-ann-0")
    answer(bob, posts[0], [TOOL], "key-bob-0")
    decisions.send_back(first, rita, "Observation again.")
    answer(ann, posts[0], [TOOL], "key-ann-1")
    second = answer(ann, posts[5], [ROLE], "key-ann-5")
    decisions.send_back(second, rita, "This one too.")
    comparisons.compare_all(Task.objects.values_list("pk", flat=True))
    old = rulings.rule(project, "text", "Tool", rita, "at first")
    rulings.rule(project, "text", "Role", rita, "at last")
    rulings.undo(old, rita)  # it was undone already: no event
    rulings.undo(rulings.rule(project, "word", "", rita), rita)
    ask("assign", 2, 5, labeler=bob)
    ask("close", 1, 2, 3)
    ask("reopen", 2)
    ask("delete", 3, 4)
    ask("restore", 3)
    ask("unassign", 0, 5, labeler=bob)
    record_store.sweep(AuditEntry)
    before = state()
    assert [kind for _, kind, _, _ in before["events"]] == [
        *("sent-back", "sent-back", "ruled", "undone", "ruled", "ruled", "undone"),
        *("assigned", "closed", "reopened", "deleted", "restored", "unassigned"),
    ]
    assert dict(Task.objects.values_list("post__external_id", "state")) == {
        "0": "done", "1": "closed", "2": "open", "3": "closed", "4": "deleted", "5": "open",
    }  # fmt: skip
    assert list(differences()) == []
    drop_everything()
    counts = rebuild()
    assert (counts["review events"], counts["accounts"], counts["labelers"]) == (13, 5, 0)
    assert state() == before
    assert list(differences()) == []
    assert not User.objects.get(username="ann").has_usable_password()
    assert "review events" not in rebuild()  # again: nothing more
    assert state() == before


def test_an_account_that_is_there_keeps_its_rights(person: Callable[..., User], project: Project) -> None:
    ann = person("ann")
    record_store.sweep(AuditEntry)
    AuditEntry.objects.all().delete()
    ann.groups.clear()
    AuditEntry.objects.all().delete()  # the database is from another hour than the bucket
    assert rebuild()["audit entries"] == 2
    assert User.objects.get(username="ann").roles == frozenset()


def test_of_two_accounts_with_one_name_both_are_made(person: Callable[..., User], project: Project) -> None:
    gone = person("ann").labeler_id
    record_store.sweep(AuditEntry)
    AuditEntry.objects.all().delete()
    User.objects.all().delete()
    kept = person("ann").labeler_id
    rebuild()
    assert dict(User.objects.values_list("labeler_id", "username")) == {gone: f"labeler-{gone}", kept: "ann"}


def test_the_audit_log_is_compared_with_the_bucket(person: Callable[..., User], project: Project, cloud: Any) -> None:
    person("ann")
    assert list(differences()) == []  # entries that wait for the worker
    assert record_store.sweep(AuditEntry)[0] == 2
    assert record_store.sweep(AuditEntry)[0] == 0
    keys = [one.key for one in cloud.labels.list("audit/")]
    record = AuditRecord.from_json(json.loads(cloud.labels.get(keys[0]).body))
    assert (record.subject, record.account) == ("user ann", User.objects.get().labeler_id)
    cloud.labels.delete(keys[0])
    assert list(differences()) == [f"{keys[0]}: in the database only"]


def test_the_audit_log_waits_while_s3_is_away(person: Callable[..., User], cloud: Any) -> None:
    person("ann")
    cloud.labels.fail("audit/", StoreUnavailable("away"))
    assert record_store.sweep(AuditEntry)[0] == 1
    assert record_store.sweep(AuditEntry)[0] == 1


def test_an_event_that_cannot_be_read_is_counted_and_the_rest_done(ask: Callable[..., BulkAction], cloud: Any) -> None:
    ask("close", 0)
    ask("close", 1)
    cloud.labels.put("reviews/jobs/000000001.json", b"not json")
    drop_everything()
    counts = rebuild()
    assert (counts["unreadable"], counts["review events"]) == (1, 1)
    assert list(Task.objects.filter(state="closed").values_list("post__external_id", flat=True)) == ["1"]
