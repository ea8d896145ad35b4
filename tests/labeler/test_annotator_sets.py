"""Annotator sets: what is left open at posts a labeler has answered costs them nothing, and is there for others."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from labeler.accounts.models import User
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Assignment, Post, Project
from labeler.labeling.tasks import leases, queue, resize, transitions
from labeler.labeling.tasks.states import annotator_set

NOTHING = Answer("labels")


@pytest.fixture
def wanted_twice(change: Callable[..., Project]) -> Project:
    return change(redundancy=2)


@pytest.fixture
def answer() -> Callable[[Project, User], leases.Lease]:
    def give(project: Project, labeler: User) -> leases.Lease:
        lease = leases.next_task(project, labeler)
        assert lease
        answers.submit(lease.token, labeler, NOTHING, f"key-{lease.task.pk:06}")
        return lease

    return give


def fitting() -> bool:
    """Whether every place that wants an answer knows who has answered its task."""
    answered = Assignment.objects.filter(state=Assignment.State.ANSWERED)
    return all(
        place.annotator_set == annotator_set(answered.filter(task=place.task_id).values_list("labeler_id", flat=True))
        for place in Assignment.objects.exclude(state=Assignment.State.ANSWERED)
    )


def test_a_set_of_labelers_is_one_number_in_any_order_that_fits_its_column() -> None:
    assert annotator_set([]) == 0
    assert annotator_set([3, 1, 2]) == annotator_set([1, 2, 3]) != annotator_set([1, 2])
    assert 0 < annotator_set(range(1, 1000)) < 1 << 63


def test_who_comes_later_gets_the_half_done_posts_first_and_in_order(
    wanted_twice: Project, take: Callable[..., Post], person: Callable[..., User], answer: Callable[..., leases.Lease]
) -> None:
    posts = [take(str(number), fetched_at=f"2026-01-0{number}T00:00:00Z") for number in range(1, 5)]
    ann, bob = person("ann"), person("bob")
    assert [answer(wanted_twice, ann).post for _ in range(3)] == posts[:3]
    assert fitting()
    assert [answer(wanted_twice, bob).post for _ in range(4)] == posts
    assert queue.waiting(wanted_twice, ann, 10) == 1
    assert answer(wanted_twice, ann).post == posts[3]
    assert leases.next_task(wanted_twice, ann) is None


def test_of_two_sets_the_one_with_the_older_post_is_served_first(
    wanted_twice: Project, take: Callable[..., Post], person: Callable[..., User], answer: Callable[..., leases.Lease]
) -> None:
    ann, bob, cem = person("ann"), person("bob"), person("cem")
    first, second, third = (take(str(number), fetched_at=f"2026-01-0{number}T00:00:00Z") for number in (1, 2, 3))
    leases_held = [leases.next_task(wanted_twice, one) for one in (ann, bob)]  # both at the first post
    assert {one.post for one in leases_held if one} == {first}
    assert [answer(wanted_twice, cem).post for _ in range(2)] == [second, third]
    for one in (ann, bob):
        answer(wanted_twice, one)
    assert [answer(wanted_twice, ann).post, answer(wanted_twice, bob).post] == [second, third]


def test_undo_and_more_places_keep_sets_right(
    wanted_twice: Project, take: Callable[..., Post], person: Callable[..., User], change: Callable[..., Project]
) -> None:
    take("1"), take("2")
    ann = person("ann")
    lease = leases.next_task(wanted_twice, ann)
    assert lease
    answers.submit(lease.token, ann, NOTHING, "key-000001")
    assert Assignment.objects.filter(annotator_set=annotator_set([ann.pk])).count() == 1
    resize.fit(change(redundancy=3))
    assert Assignment.objects.filter(annotator_set=annotator_set([ann.pk])).count() == 2
    assert answers.undo_last(ann, wanted_twice)
    assert not Assignment.objects.exclude(annotator_set=0).exists()
    assert fitting()


def test_refitting_keeps_sets_right(
    wanted_twice: Project, take: Callable[..., Post], labeler: User, answer: Callable[..., leases.Lease]
) -> None:
    take("1")
    task = answer(wanted_twice, labeler).task
    Assignment.objects.update(annotator_set=0)
    transitions.refit([task.pk])
    assert fitting()
    assert Assignment.objects.exclude(annotator_set=0).exists()


def test_a_labeler_alone_pays_nothing_for_what_they_left_half_done(
    wanted_twice: Project, take: Callable[..., Post], labeler: User, answer: Callable[..., leases.Lease]
) -> None:
    if connection.vendor != "sqlite":
        pytest.skip("SQLite alone counts its steps")
    for number in range(12):
        take(str(number))
    for _ in range(2):
        answer(wanted_twice, labeler)
    few = _steps(lambda: leases.next_task(wanted_twice, labeler))
    # As many as would show, each as answering leaves it.
    for number in range(100, 400):
        take(str(number), fetched_at="2025-01-01T00:00:00Z")
        task = Post.objects.latest("pk").task
        Assignment.objects.filter(task=task, number=1).update(state=Assignment.State.ANSWERED, labeler=labeler)
        _copy_answer(task.pk, labeler)
        transitions.refit([task.pk])
    Assignment.objects.exclude(token=None).update(labeler=None, token=None, leased_at=None, leased_until=None)
    assert _steps(lambda: leases.next_task(wanted_twice, labeler)) < 2 * few


def _copy_answer(task: int, labeler: User) -> None:
    own = labeler.annotations.first()
    assert own
    own.pk, own._state.adding, own.task_id, own.idempotency_key = None, True, task, f"copied-{task}"
    own.save()


def _steps(deed: Callable[[], Any]) -> int:
    """How many steps SQLite's machine takes for it, in tens."""
    count = 0

    def step() -> int:
        nonlocal count
        count += 1
        return 0

    connection.ensure_connection()
    connection.connection.set_progress_handler(step, 10)
    try:
        assert deed()
    finally:
        connection.connection.set_progress_handler(None, 0)
    return count
