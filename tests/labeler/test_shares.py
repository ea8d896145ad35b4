"""Shares of posts, members of projects, questions with a known answer, and answers sent back."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from labeler.accounts.models import User
from labeler.adjudication import decisions
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Assignment, Post, Project, SentBack, Task
from labeler.labeling.pages import drafts, work
from labeler.labeling.tasks import leases, ordering
from labeler.labeling.tasks.membership import may_label, project_for
from pipeline.errors import InvalidInput

Change = Callable[..., Project]


def answer(project: Project, labeler: User, *spans: tuple[int, int, str], key: str = "key-0001") -> Task:
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels", spans=spans), key)
    return lease.task


def test_a_share_of_posts_gets_several_labelers_and_the_rest_one(change: Change, take: Callable[..., Post]) -> None:
    project = change(redundancy=3, redundancy_share=0.5)
    for number in range(40):
        take(str(number), f"Text {number}.")
    counts = {Assignment.objects.filter(task=task).count() for task in Task.objects.all()}
    assert counts == {1, 3}
    drawn = sum(ordering.redundancy(project.settings, post.post_id) == 3 for post in Post.objects.all())
    assert 10 < drawn < 30


def test_members_alone_may_label(change: Change, person: Callable[..., User], take: Callable[..., Post]) -> None:
    ann, bob, rita = person("ann"), person("bob"), person("rita", "reviewer")
    take()
    project = change(members=(ann.labeler_id,))
    assert may_label(project, ann)
    assert may_label(project, rita)
    assert leases.next_task(project, bob) is None
    with pytest.raises(PermissionDenied, match="no member"):
        project_for(bob, "jobs")
    assert [row.project for row in work.projects(bob)] == []
    assert leases.next_task(project, ann)


def test_redundancy_is_not_lowered_below_the_answers_there_are(
    change: Change, person: Callable[..., User], take: Callable[..., Post]
) -> None:
    project = change(redundancy=2)
    take()
    for name in ("ann", "bob"):
        answer(project, person(name))
    with pytest.raises(InvalidInput, match="at least 2: there are posts with 2 answers already"):
        change(redundancy=1)


def test_a_decided_post_is_asked_of_others_at_the_rate_of_the_project(
    change: Change, person: Callable[..., User], take: Callable[..., Post]
) -> None:
    ann, bob = person("ann"), person("bob")
    take()
    task = answer(change(gold_rate=0.0), ann)
    decisions.decide(task, [(4, 5, "Role")], by="system")
    assert leases.next_task(Project.objects.get(), bob) is None
    project = change(gold_rate=1.0)
    lease = leases.next_task(project, bob)
    assert lease
    assert lease.task == task
    saved = answers.submit(lease.token, bob, Answer("labels"), "key-0002")
    assert not saved.second_opinion
    assert leases.next_task(project, bob) is None
    assert leases.next_task(project, ann) is None


@pytest.fixture
def returned(project: Project, person: Callable[..., User], take: Callable[..., Post]) -> tuple[Project, User, Task]:
    ann, rita = person("ann"), person("rita", "reviewer")
    take()
    task = answer(project, ann, (4, 5, "Role"))
    SentBack.objects.create(
        project=project, task=task, labeler=ann, annotation=task.annotations.get(), by=rita, comment="Why a role?"
    )
    return project, ann, task


def test_what_was_sent_back_comes_first_with_the_answer_and_the_comment(
    returned: tuple[Project, User, Task], take: Callable[..., Post]
) -> None:
    from labeler.labeling.pages import fragments

    project, ann, task = returned
    take("2", "Other.")
    lease = leases.next_task(project, ann)
    assert lease
    assert lease.task == task
    state = drafts.load(lease)
    assert state["spans"] == [[4, 5, "Role"]]
    assert "Why a role?" in fragments.article(lease, state)
    assert work.projects(ann)[0].sent_back == 1


def test_the_corrected_answer_settles_it(returned: tuple[Project, User, Task]) -> None:
    project, ann, task = returned
    task = answer(project, ann, key="key-0002")
    sent = SentBack.objects.get()
    assert sent.answer == task.annotations.get(current=True)
    assert sent.answer.n == 2
    assert not sent.answer.second_opinion
    assert leases.next_task(project, ann) is None
    assert Assignment.objects.get().token is None


def test_an_answer_in_place_of_a_withdrawn_one_settles_it_too(returned: tuple[Project, User, Task]) -> None:
    project, ann, task = returned
    assert answers.undo_last(ann, project)
    task = answer(project, ann, key="key-0002")
    assert SentBack.objects.get().answer == task.annotations.get(current=True)
    assert leases.next_task(project, ann) is None


def test_giving_it_back_keeps_it_for_its_labeler(returned: tuple[Project, User, Task]) -> None:
    project, ann, task = returned
    lease = leases.next_task(project, ann)
    assert lease
    leases.release(lease.token)
    with pytest.raises(leases.LeaseLost):
        leases.renew(lease.token)
    assert Assignment.objects.get().labeler == ann
    again: Any = leases.next_task(project, ann)
    assert again.task == task


@pytest.mark.parametrize(
    ("guidelines", "fine"),
    [("Label <b>all</b>, a < b", True), ("<script>alert(1)</script>", False), ("[x](javascript:alert(1))", False)],
)
def test_guidelines_hold_no_script(change: Change, guidelines: str, fine: bool) -> None:
    if fine:
        change(guidelines=guidelines)
        return
    with pytest.raises(InvalidInput, match="guidelines: given"):
        change(guidelines=guidelines)


def test_a_project_keeps_at_least_one_label(change: Change) -> None:
    with pytest.raises(InvalidInput, match="at least one label"):
        change(labels=())
