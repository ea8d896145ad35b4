"""A deleted post is out of queues, counts, exports and releases, with all its texts, and comes back as it was."""

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from labeler.accounts.models import User
from labeler.adjudication import comparisons, decisions, dispute_queue, post_actions
from labeler.adjudication.models import Comparison
from labeler.datasets.exports import Export
from labeler.datasets.releases.selection import Filters, choices
from labeler.labeling import counts
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.intake import inbox
from labeler.labeling.models import Annotation, Assignment, Post, Project, Task
from labeler.labeling.pages import work
from labeler.labeling.tasks import leases
from labeler.operations import figures

ROLE = (0, 1, "Role")


@pytest.fixture
def disputed(
    change: Callable[..., Project], take: Callable[..., Post], person: Callable[..., User]
) -> tuple[Project, Post]:
    """Two labelers have answered it differently."""
    project, post = change(redundancy=2), take()
    for name, spans in (("ann", [ROLE]), ("bob", [])):
        lease = leases.next_task(project, person(name))
        assert lease
        answers.submit(lease.token, lease.labeler, Answer("labels", spans=spans), f"key-{name}-1")
    comparisons.compare_all([post.task.pk])
    return project, post


def delete(post: Post) -> list[int]:
    return post_actions.delete([post.task.pk])


def state(post: Post) -> str:
    return str(Task.objects.get(post=post).state)


def test_nobody_is_asked_for_a_deleted_post(project: Project, labeler: User, take: Callable[..., Post]) -> None:
    post = take()
    assert delete(post) == [post.task.pk]
    assert leases.next_task(project, labeler) is None
    assert work.waiting_in(project, labeler) == 0
    assert delete(post) == []  # again: nothing more


def test_who_is_at_a_post_that_is_deleted_loses_it_but_no_answer(
    project: Project, labeler: User, take: Callable[..., Post]
) -> None:
    lease = take() and leases.next_task(project, labeler)
    assert lease
    delete(lease.post)
    assert leases.next_task(project, labeler) is None
    with pytest.raises(leases.LeaseLost):
        leases.renew(lease.token)
    saved = answers.submit(lease.token, labeler, Answer("labels", spans=[ROLE]), "key-0001")
    assert (saved.stored, saved.second_opinion) == (True, True)
    assert state(lease.post) == "deleted"


def test_a_deleted_post_is_in_no_count_export_or_release(disputed: tuple[Project, Post]) -> None:
    project, post = disputed
    assert Export(project, "jsonl", "word").summary is not None
    assert [one.reason for one in choices(project, Filters())] == ["undecided"]
    delete(post)
    held = counts.by_project()[project.slug]
    assert (held["posts"], held["answers"], held["deleted"]) == (0, 0, 1)
    written = Export(project, "jsonl", "word")
    written.write(BytesIO())
    assert written.summary()["posts"] == 0
    assert [one.reason for one in choices(project, Filters())] == ["deleted"]
    assert figures.record(project).body["agreement"]["posts"] == 0


def test_a_deleted_post_is_in_no_queue_of_reviewers_until_it_is_restored(
    disputed: tuple[Project, Post], person: Callable[..., User]
) -> None:
    project, post = disputed
    rita = person("rita", "reviewer")
    assert dispute_queue.next_dispute(project, rita)
    delete(post)
    assert dispute_queue.next_dispute(project, rita) is None
    comparisons.compare_all([post.task.pk])  # the worker comes by once more
    assert not Comparison.objects.exists()
    post_actions.restore([post.task.pk])
    assert dispute_queue.next_dispute(project, rita)


def test_an_answer_sent_back_is_not_asked_for_once_its_post_is_deleted(
    disputed: tuple[Project, Post], person: Callable[..., User]
) -> None:
    project, post = disputed
    first = Annotation.objects.select_related("labeler", "task__post", "project").get(labeler__username="ann")
    decisions.send_back(first, person("rita", "reviewer"), "Observation again.")
    assert work.projects(first.labeler)[0].sent_back == 1
    held = leases.next_task(project, first.labeler)
    assert held
    delete(post)
    with pytest.raises(leases.LeaseLost):
        leases.renew(held.token)
    assert work.projects(first.labeler)[0].sent_back == 0
    assert leases.next_task(project, first.labeler) is None
    post_actions.restore([post.task.pk])
    lease = leases.next_task(project, first.labeler)
    assert lease
    assert lease.task == post.task


def test_a_decided_post_that_is_deleted_asks_nobody_how_they_do(
    change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post]
) -> None:
    post = take()
    decisions.decide(post.task, [ROLE], by="system")
    Assignment.objects.update(state="closed")
    project = change(gold_rate=1.0)
    delete(post)
    assert leases.next_task(project, person("cid")) is None


def test_a_newer_text_of_a_deleted_post_is_deleted_too_and_all_come_back_together(
    project: Project, labeler: User, take: Callable[..., Post]
) -> None:
    older = take("1", "First text.")
    other = take("2", "Another post.")
    german = take("1", "Erster Text.", language="de")
    delete(older)
    newer = take("1", "Second text.", fetched_at="2026-01-02T00:00:00.000000Z")
    oldest = take("1", "Text of last year.", fetched_at="2025-01-02T00:00:00.000000Z")
    texts = (older, newer, oldest)
    assert [state(one) for one in (*texts, other, german)] == ["deleted", "deleted", "deleted", "open", "open"]
    assert sorted(post_actions.restore([newer.task.pk])) == sorted(one.task.pk for one in texts)
    assert [state(one) for one in texts] == ["closed", "open", "closed"]
    assert leases.next_task(project, labeler)


@pytest.mark.parametrize("before", ["open", "done", "closed", "stale"])
def test_restoring_gives_the_state_before(
    before: str, project: Project, labeler: User, take: Callable[..., Post], cloud: Any, ready: Callable[..., Any]
) -> None:
    post = take()
    if before in ("done", "stale"):
        lease = leases.next_task(project, labeler)
        assert lease
        answers.submit(lease.token, labeler, Answer("labels"), "key-0001")
    if before == "stale":
        cloud.deliver(ready(text="A newer text.", fetched_at="2026-01-02T00:00:00.000000Z"))
        inbox.drain()
    if before == "closed":
        post_actions.close([post.task.pk])
    assert state(post) == before
    delete(post)
    assert state(post) == "deleted"
    post_actions.restore([post.task.pk])
    assert state(post) == before


def test_places_added_while_a_post_is_deleted_are_free_once_it_is_back(
    change: Callable[..., Project], take: Callable[..., Post]
) -> None:
    from labeler.labeling.tasks import resize

    post = take()
    delete(post)
    resize.fit(change(redundancy=2))
    assert set(Assignment.objects.values_list("state", flat=True)) == {"deleted"}
    post_actions.restore([post.task.pk])
    assert set(Assignment.objects.values_list("state", flat=True)) == {"open"}


def test_a_whole_posting_is_found_by_one_of_its_texts(take: Callable[..., Post]) -> None:
    first, second = take("1", "One."), take("1", "Two.", fetched_at="2026-01-02T00:00:00.000000Z")
    take("2", "Three.")
    assert set(post_actions.all_texts([first.task.pk])) == {first.task.pk, second.task.pk}


def test_the_api_lists_no_deleted_post(
    project: Project, person: Callable[..., User], take: Callable[..., Post]
) -> None:
    from labeler.api import keys

    _, secret = keys.make(person("eve", "reviewer"), "test", ["read"], 1)
    gone, kept = take("1", "One."), take("2", "Two.")
    delete(gone)
    response = Client().get(
        reverse("api:posts", kwargs={"slug": project.slug}), headers={"authorization": f"Bearer {secret}"}
    )
    assert [one["post_id"] for one in response.json()["items"]] == [kept.post_id]
