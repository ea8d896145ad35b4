"""A lease is fenced: one assignment, one holder, under a token that is new at each claim."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Assignment, Post, Project, Task
from labeler.labeling.tasks import leases, transitions


def expire(lease: leases.Lease) -> None:
    Assignment.objects.filter(pk=lease.assignment.pk).update(leased_until=timezone.now() - timedelta(seconds=1))


def test_it_gives_the_oldest_post_first(project: Project, labeler: User, take: Callable[..., Post]) -> None:
    take("late", "Late text.", fetched_at="2026-01-02T00:00:00.000000Z")
    early = take("early", "Early text.", fetched_at="2026-01-01T00:00:00.000000Z")
    lease = leases.next_task(project, labeler)
    assert lease is not None
    assert lease.post == early
    assert lease.expires_at > timezone.now() + timedelta(minutes=9)


def test_it_gives_the_own_live_lease_again(project: Project, labeler: User, take: Callable[..., Post]) -> None:
    take("1", "One."), take("2", "Two.")
    first, again = leases.next_task(project, labeler), leases.next_task(project, labeler)
    assert first
    assert again
    assert first.token == again.token


def test_a_labeler_holds_the_post_on_screen_and_the_one_fetched_ahead(
    project: Project, labeler: User, take: Callable[..., Post]
) -> None:
    for number in range(3):
        take(str(number), f"Text {number}.")
    first = leases.next_task(project, labeler)
    assert first
    second = leases.next_task(project, labeler, exclude=[first.task.pk])
    assert second
    assert second.task != first.task
    assert leases.next_task(project, labeler, exclude=[first.task.pk, second.task.pk]) is None


def test_two_labelers_never_get_one_assignment(
    project: Project, person: Callable[..., User], take: Callable[..., Post]
) -> None:
    take()
    assert leases.next_task(project, person("ann")) is not None
    assert leases.next_task(project, person("bob")) is None


def test_as_many_labelers_as_the_redundancy_get_a_post(
    change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post]
) -> None:
    project = change(redundancy=2)
    take()
    given = [leases.next_task(project, person(name)) for name in ("ann", "bob", "cyd")]
    assert [bool(one) for one in given] == [True, True, False]


def test_a_post_answered_once_is_not_given_to_the_same_labeler_again(
    change: Callable[..., Project], labeler: User, take: Callable[..., Post]
) -> None:
    project = change(redundancy=2)
    take()
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels"), "key-0001")
    assert leases.next_task(project, labeler) is None


def test_an_expired_lease_goes_to_the_next_and_its_token_is_worthless(
    project: Project, person: Callable[..., User], take: Callable[..., Post]
) -> None:
    take()
    late = leases.next_task(project, person("ann"))
    assert late
    expire(late)
    taken = leases.next_task(project, person("bob"))
    assert taken
    assert taken.assignment.pk == late.assignment.pk
    with pytest.raises(leases.LeaseLost):
        leases.renew(late.token)
    leases.release(late.token)
    assert leases.renew(taken.token).labeler.username == "bob"


def test_an_own_expired_place_is_taken_again_though_another_of_the_task_is_free(
    change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post]
) -> None:
    project = change(redundancy=2)
    take()
    ann, bob = person("ann"), person("bob")
    first, second = leases.next_task(project, ann), leases.next_task(project, bob)
    assert first
    assert second
    for lease in (first, second):
        expire(lease)
    again = leases.next_task(project, bob)
    assert again
    assert again.assignment.pk == second.assignment.pk


def test_who_gave_a_second_opinion_is_not_asked_again(
    project: Project, person: Callable[..., User], take: Callable[..., Post]
) -> None:
    take()
    ann, bob = person("ann"), person("bob")
    late = leases.next_task(project, ann)
    assert late
    expire(late)
    taken = leases.next_task(project, bob)
    assert taken
    assert answers.submit(late.token, ann, Answer("labels"), "key-0001").second_opinion
    leases.release(taken.token)
    assert leases.next_task(project, ann) is None
    assert leases.next_task(project, bob)


def test_renewing_gives_ten_minutes_more_even_after_the_end(
    project: Project, labeler: User, take: Callable[..., Post]
) -> None:
    take()
    lease = leases.next_task(project, labeler)
    assert lease
    expire(lease)
    assert leases.renew(lease.token).expires_at > timezone.now() + timedelta(minutes=9)


def test_a_lease_given_back_is_free_at_once(
    project: Project, person: Callable[..., User], take: Callable[..., Post]
) -> None:
    take()
    lease = leases.next_task(project, person("ann"))
    assert lease
    leases.release(lease.token)
    assert leases.next_task(project, person("bob")) is not None


@pytest.mark.parametrize("token", ["", "1.2.abc", "1.2.abc:forged"])
def test_a_token_never_given_out_is_refused(db: None, token: str) -> None:
    with pytest.raises(leases.LeaseLost):
        leases.open_token(token)


def test_it_drains_the_queue_when_there_is_nothing_left(
    project: Project, labeler: User, cloud: Any, ready: Callable[..., Any]
) -> None:
    cloud.deliver(ready())
    assert leases.next_task(project, labeler) is not None
    assert cloud.inbox.depth() == (0, 0)


def test_posts_in_the_hidden_share_show_no_suggestions(
    change: Callable[..., Project], labeler: User, take: Callable[..., Post], suggestion: Any
) -> None:
    project = change(hidden_share=1.0)
    take(suggestions=(suggestion,))
    lease = leases.next_task(project, labeler)
    assert lease
    assert lease.suggestions == ()
    assert lease.post.suggestions == (suggestion,)


def test_a_task_is_done_when_its_last_place_is_answered(
    change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post]
) -> None:
    project = change(redundancy=2)
    take()
    states = []
    for name in ("ann", "bob"):
        user = person(name)
        lease = leases.next_task(project, user)
        assert lease
        answers.submit(lease.token, user, Answer("labels"), "key-0001")
        states.append(Task.objects.get().state)
    assert states == ["open", "done"]


def test_a_claim_that_meets_another_of_the_same_labeler_is_tried_again(
    project: Project, labeler: User, take: Callable[..., Post]
) -> None:
    post = take()
    refused: list[str] = []
    # As SQLite runs it, and as PostgreSQL does, by the name that it was prepared under.
    claims = {given for claim in transitions._claims.values() for given in (claim._sql, claim._execute)}

    def refuse_once(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        """As the database does when another page of the labeler's takes an assignment of the task at this moment."""
        if sql in claims and not refused:
            refused.append(sql)
            raise IntegrityError("assignment_one_per_labeler")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(refuse_once):
        lease = leases.next_task(project, labeler)
    assert refused
    assert lease
    assert lease.post == post
