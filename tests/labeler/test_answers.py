"""A label is saved once: whatever fails, repeats or is taken over on the way."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from labeler import record_store
from labeler.accounts.models import User
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Annotation, Assignment, Draft, LabeledSpan, Post, Project, Task
from labeler.labeling.tasks import leases, transitions
from pipeline.errors import InvalidInput
from pipeline.ports import StoreUnavailable
from pipeline.schema import Annotation as Stored

WELDER = Answer("labels", spans=[(4, 5, "Role"), (7, 9, "Skill")], active_seconds=12.34)


@pytest.fixture
def lease(project: Project, labeler: User, take: Callable[..., Post]) -> leases.Lease:
    take()
    found = leases.next_task(project, labeler)
    assert found
    return found


def objects(cloud: Any) -> list[Stored]:
    """The annotations in the bucket, by key."""
    return [Stored.from_json(json.loads(cloud.labels.get(one.key).body)) for one in cloud.labels.list("annotations/")]


def test_the_server_computes_the_offsets(lease: leases.Lease, labeler: User, cloud: Any) -> None:
    saved = answers.submit(lease.token, labeler, WELDER, "key-0001")
    assert saved.stored
    (stored,) = objects(cloud)
    text = lease.post.text
    assert [(text[one.start : one.end], one.label) for one in stored.spans] == [
        ("welder", "Role"),
        ("read drawings", "Skill"),
    ]
    assert stored.labeler == labeler.labeler_id
    assert stored.active_seconds == 12.3
    assert stored.trace_id == "trace-1"
    assert list(LabeledSpan.objects.values_list("label", "words")) == [("Role", "welder"), ("Skill", "read drawings")]


def test_the_same_key_again_answers_the_same_and_stores_nothing_more(
    lease: leases.Lease, labeler: User, cloud: Any
) -> None:
    first = answers.submit(lease.token, labeler, WELDER, "key-0001")
    again = answers.submit(lease.token, labeler, Answer("labels"), "key-0001")
    assert again.repeated
    assert again.annotation == first.annotation
    assert len(objects(cloud)) == 1


def test_a_key_of_another_post_is_refused(
    lease: leases.Lease, project: Project, labeler: User, take: Callable[..., Post]
) -> None:
    answers.submit(lease.token, labeler, WELDER, "key-0001")
    take("2", "Another text.")
    other = leases.next_task(project, labeler)
    assert other
    with pytest.raises(InvalidInput, match="key"):
        answers.submit(other.token, labeler, Answer("labels"), "key-0001")


@pytest.mark.parametrize(
    ("answer", "field"),
    [
        (Answer("labels", spans=[(0, 99, "Skill")]), "spans[0]"),
        (Answer("labels", spans=[(3, 3, "Skill")]), "spans[0]"),
        (Answer("labels", spans=[(-1, 2, "Skill")]), "spans[0]"),
        (Answer("labels", spans=[(True, 2, "Skill")]), "spans[0]"),
        (Answer("labels", spans=[(0, 1, "Skill"), (0, 1, "Nonsense")]), "spans[1].label"),
        (Answer("labels", spans=[(0, 1, "Skill"), (0, 1, "Skill")]), "spans[1]"),
        (Answer("labels", spans=["Skill"]), "spans[0]"),  # type: ignore[list-item]
        (Answer("gold"), "kind"),
        (Answer("skip"), "reason"),
        (Answer("skip", reason="other"), "comment"),
        (Answer("skip", reason="not-a-post", spans=[(0, 1, "Skill")]), "spans"),
        (Answer("labels", active_seconds=-1), "active_seconds"),
        (Answer("labels", active_seconds=float("nan")), "active_seconds"),
        (Answer("labels", comment="x" * 5001), "comment"),
    ],
)
def test_what_does_not_fit_is_refused_by_field_and_leaves_nothing(
    lease: leases.Lease, labeler: User, cloud: Any, answer: Answer, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        answers.submit(lease.token, labeler, answer, "key-0001")
    assert refused.value.field == field
    assert not Annotation.objects.exists()
    assert leases.renew(lease.token)


@pytest.mark.parametrize("key", ["", "short", "x" * 65, "with blank"])
def test_a_key_must_be_one(lease: leases.Lease, labeler: User, key: str) -> None:
    with pytest.raises(InvalidInput, match="key"):
        answers.submit(lease.token, labeler, WELDER, key)


def test_a_token_of_somebody_else_is_refused(lease: leases.Lease, person: Callable[..., User]) -> None:
    with pytest.raises(InvalidInput, match="token"):
        answers.submit(lease.token, person("bob"), WELDER, "key-0001")


def test_when_s3_is_away_the_answer_waits_and_the_sweep_stores_it(
    lease: leases.Lease, labeler: User, cloud: Any
) -> None:
    cloud.labels.fail("annotations/", StoreUnavailable("away"))
    saved = answers.submit(lease.token, labeler, WELDER, "key-0001")
    assert not saved.stored
    assert Annotation.objects.get().stored_at is None
    assert record_store.sweep(Annotation) == (1, 0)
    assert Annotation.objects.get().stored_at is not None
    assert len(objects(cloud)) == 1


def test_a_put_whose_answer_was_lost_counts_as_stored(lease: leases.Lease, labeler: User, cloud: Any) -> None:
    cloud.labels.fail("annotations/", StoreUnavailable("timed out"), when="after")
    assert not answers.submit(lease.token, labeler, WELDER, "key-0001").stored
    assert answers.submit(lease.token, labeler, WELDER, "key-0001").stored
    assert [one.n for one in objects(cloud)] == [1]


def test_another_body_under_the_key_moves_the_row_to_the_next_free_number(
    lease: leases.Lease, labeler: User, cloud: Any
) -> None:
    post = lease.post
    prefix = f"annotations/jobs/{post.post_id}/{post.revision}/{labeler.labeler_id}/"
    cloud.labels.put(f"{prefix}1.json", b"{}")
    cloud.labels.put(f"{prefix}2.json", b"{}")
    saved = answers.submit(lease.token, labeler, WELDER, "key-0001")
    assert saved.stored
    assert Annotation.objects.get().n == 3
    assert json.loads(cloud.labels.get(f"{prefix}3.json").body)["n"] == 3


def test_the_body_of_a_row_read_again_is_the_same(lease: leases.Lease, labeler: User) -> None:
    row = answers.submit(lease.token, labeler, WELDER, "key-0001").annotation
    assert record_store.body(Annotation.objects.get(pk=row.pk)) == record_store.body(row)


def test_an_expired_lease_still_counts_when_nobody_took_the_assignment(lease: leases.Lease, labeler: User) -> None:
    Assignment.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
    assert not answers.submit(lease.token, labeler, WELDER, "key-0001").second_opinion
    assert Task.objects.get().state == "done"


def test_an_answer_whose_place_was_taken_is_kept_as_a_second_opinion(
    lease: leases.Lease, project: Project, labeler: User, person: Callable[..., User], cloud: Any
) -> None:
    Assignment.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
    bob = person("bob")
    taken = leases.next_task(project, bob)
    assert taken
    assert answers.submit(lease.token, labeler, WELDER, "key-0001").second_opinion
    assert Assignment.objects.get().labeler == bob
    assert not answers.submit(taken.token, bob, WELDER, "key-0001").second_opinion
    assert sorted(one.second_opinion for one in objects(cloud)) == [False, True]


def test_a_place_claimed_while_a_late_answer_is_being_saved_stays_with_who_claimed_it(
    lease: leases.Lease, labeler: User, person: Callable[..., User], monkeypatch: pytest.MonkeyPatch
) -> None:
    Assignment.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
    bob = person("bob")
    claims = [transitions.grant(bob)]

    def claim_after_reading(*given: Any) -> Any:
        found = reading(*given)
        if claims:
            Assignment.objects.update(**claims.pop())
        return found

    reading = transitions.standing
    monkeypatch.setattr(transitions, "standing", claim_after_reading)
    saved = answers.submit(lease.token, labeler, WELDER, "key-0001")
    assert not claims
    assert saved.second_opinion
    assert (Assignment.objects.get().labeler, Assignment.objects.get().state) == (bob, "open")


def test_a_lease_given_back_still_counts_where_a_place_is_free(lease: leases.Lease, labeler: User) -> None:
    leases.release(lease.token)
    assert not answers.submit(lease.token, labeler, WELDER, "key-0001").second_opinion


def test_a_second_tab_corrects_what_the_first_submitted(lease: leases.Lease, labeler: User, cloud: Any) -> None:
    answers.submit(lease.token, labeler, WELDER, "key-0001")
    second = answers.submit(lease.token, labeler, Answer("labels"), "key-0002")
    assert not second.second_opinion
    assert [one.n for one in objects(cloud)] == [1, 2]
    assert list(Annotation.objects.filter(current=True).values_list("n", flat=True)) == [2]
    assert not LabeledSpan.objects.exists()


def test_undo_withdraws_the_last_answer_and_leases_its_post_again(
    lease: leases.Lease, project: Project, labeler: User, take: Callable[..., Post], cloud: Any
) -> None:
    take("2", "Another text.")
    answers.submit(lease.token, labeler, WELDER, "key-0001")
    undone = answers.undo_last(labeler, project)
    assert undone
    assert undone.stored
    assert [one.kind for one in objects(cloud)] == ["labels", "withdrawn"]
    again = leases.next_task(project, labeler)
    assert again
    assert again.task == lease.task
    assert again.token != lease.token
    assert Task.objects.get(pk=lease.task.pk).state == "open"
    assert not answers.submit(again.token, labeler, WELDER, "key-0002").second_opinion
    assert [one.n for one in objects(cloud)] == [1, 2, 3]


def test_undo_twice_withdraws_once(lease: leases.Lease, project: Project, labeler: User) -> None:
    answers.submit(lease.token, labeler, WELDER, "key-0001")
    first, second = answers.undo_last(labeler, project), answers.undo_last(labeler, project)
    assert first
    assert second
    assert second.repeated
    assert first.annotation == second.annotation


def test_there_may_be_nothing_to_undo(project: Project, labeler: User) -> None:
    assert answers.undo_last(labeler, project) is None


def test_a_skip_is_an_annotation_with_its_reason(lease: leases.Lease, labeler: User, cloud: Any) -> None:
    answers.submit(lease.token, labeler, Answer("skip", reason="other", comment="a menu"), "key-0001")
    (stored,) = objects(cloud)
    assert (stored.kind, stored.reason, stored.comment, stored.spans) == ("skip", "other", "a menu", ())


def test_submitting_drops_the_draft(lease: leases.Lease, labeler: User) -> None:
    Draft.objects.create(task=lease.task, labeler=labeler, state={})
    answers.submit(lease.token, labeler, WELDER, "key-0001")
    assert not Draft.objects.exists()


def test_what_became_of_the_suggestions_is_stored(
    project: Project, labeler: User, take: Callable[..., Post], cloud: Any, suggestion: Any
) -> None:
    take(suggestions=(suggestion,))
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, WELDER, "key-0001")
    (stored,) = objects(cloud)
    assert stored.suggestions == {"hidden": False, "accepted": 1, "changed": 0, "rejected": 0, "missed": 1}
