"""Which text is current, and what becomes of work on an older one."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from labeler.accounts.models import User
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.intake import inbox
from labeler.labeling.models import Assignment, Post, Project, Task
from labeler.labeling.tasks import leases

DAY = "2026-01-0{}T00:00:00.000000Z"
OLD, NEW = "We look for a welder.\nApply now.", "Big news!\nWe look for a welder.\nApply by Friday."


def states() -> dict[str, tuple[bool, str]]:
    """By first word of the text: is it current, and the state of its task."""
    return {one.text.split()[0]: (one.current, one.task.state) for one in Post.objects.select_related("task")}


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_the_newest_text_is_current_whatever_the_order_of_arrival(
    take: Callable[..., Post], order: tuple[int, ...]
) -> None:
    for at in order:
        take("1", f"Text{at} of the post.", fetched_at=DAY.format(at + 1))
    assert states() == {"Text0": (False, "closed"), "Text1": (False, "closed"), "Text2": (True, "open")}
    assert Assignment.objects.filter(state="open").count() == 1


def test_each_language_has_its_own_current_text(take: Callable[..., Post]) -> None:
    take("1", "English text.", language="en")
    take("1", "Texte français.", language="fr")
    assert states() == {"English": (True, "open"), "Texte": (True, "open")}


def test_a_repeated_message_changes_nothing(cloud: Any, ready: Callable[..., Any], project: Project) -> None:
    cloud.deliver(ready(), ready())
    assert inbox.drain() == {"new": 1, "repeated": 1}
    assert Task.objects.count() == 1


def test_a_text_that_comes_back_is_labelled_again_from_where_it_was(take: Callable[..., Post]) -> None:
    take("1", OLD, fetched_at=DAY.format(1))
    take("1", NEW, fetched_at=DAY.format(2))
    take("1", OLD, fetched_at=DAY.format(3))
    assert states() == {"We": (True, "open"), "Big": (False, "closed")}


def test_a_labelled_text_goes_stale_and_its_spans_become_suggestions(
    project: Project, labeler: User, take: Callable[..., Post]
) -> None:
    take("1", OLD, fetched_at=DAY.format(1))
    lease = leases.next_task(project, labeler)
    assert lease
    answers.submit(lease.token, labeler, Answer("labels", spans=[(4, 5, "Role"), (6, 8, "Skill")]), "key-0001")
    newer = take("1", NEW, fetched_at=DAY.format(2))
    assert states() == {"We": (False, "stale"), "Big": (True, "open")}
    assert [(NEW[one.start : one.end], one.label, one.score, one.by) for one in newer.suggestions] == [
        ("welder", "Role", 1.0, "earlier-text")
    ]


def test_who_is_at_a_stale_text_may_finish_and_the_spans_are_carried_over(
    project: Project, labeler: User, take: Callable[..., Post], person: Callable[..., User]
) -> None:
    take("1", OLD, fetched_at=DAY.format(1))
    lease = leases.next_task(project, labeler)
    assert lease
    newer = take("1", NEW, fetched_at=DAY.format(2))
    assert leases.renew(lease.token).task.state == Task.State.STALE
    saved = answers.submit(lease.token, labeler, Answer("labels", spans=[(4, 5, "Role")]), "key-0001")
    assert not saved.second_opinion
    newer.refresh_from_db()
    assert [NEW[one.start : one.end] for one in newer.suggestions] == ["welder"]
    other = leases.next_task(project, person("bob"))
    assert other
    assert other.post == newer


def test_an_answer_that_comes_after_its_lease_and_its_text_ran_out_still_counts(
    project: Project, labeler: User, take: Callable[..., Post]
) -> None:
    take("1", OLD, fetched_at=DAY.format(1))
    lease = leases.next_task(project, labeler)
    assert lease
    Assignment.objects.update(leased_until="2026-01-01T00:00:00Z")
    newer = take("1", NEW, fetched_at=DAY.format(2))
    assert states()["We"] == (False, "closed")
    saved = answers.submit(lease.token, labeler, Answer("labels", spans=[(4, 5, "Role")]), "key-0001")
    assert not saved.second_opinion
    assert states()["We"] == (False, "stale")
    newer.refresh_from_db()
    assert [NEW[one.start : one.end] for one in newer.suggestions] == ["welder"]


def test_a_stale_text_is_given_to_nobody_new(
    change: Callable[..., Project], labeler: User, person: Callable[..., User], take: Callable[..., Post]
) -> None:
    project = change(redundancy=2)
    take("1", OLD, fetched_at=DAY.format(1))
    assert leases.next_task(project, labeler)
    newer = take("1", NEW, fetched_at=DAY.format(2))
    given = leases.next_task(project, person("bob"))
    assert given
    assert given.post == newer


def test_carried_spans_do_not_reach_a_text_that_is_being_labelled(
    project: Project, labeler: User, person: Callable[..., User], take: Callable[..., Post]
) -> None:
    take("1", OLD, fetched_at=DAY.format(1))
    lease = leases.next_task(project, labeler)
    assert lease
    newer = take("1", NEW, fetched_at=DAY.format(2))
    assert leases.next_task(project, person("bob"))
    answers.submit(lease.token, labeler, Answer("labels", spans=[(4, 5, "Role")]), "key-0001")
    newer.refresh_from_db()
    assert newer.suggestions == ()


def test_another_preparation_by_the_projects_tokenizer_replaces_an_untouched_one(
    take: Callable[..., Post], suggestion: Any
) -> None:
    take()
    post = take(preparation="p2", suggestions=(suggestion,))
    assert (post.preparation, post.suggestions) == ("p2", (suggestion,))


def test_another_preparation_keeps_what_others_suggest(take: Callable[..., Post], suggestion: Any) -> None:
    ours, theirs = replace(suggestion, by="gazetteer"), replace(suggestion, by="model-3")
    post = take(suggestions=(ours,))
    post.suggested = [ours.to_json(), theirs.to_json()]
    post.save()
    assert take(preparation="p2").suggestions == (theirs,)


def test_a_preparation_by_another_tokenizer_is_ignored(take: Callable[..., Post], project: Project) -> None:
    take()
    post = take(preparation="p2", tokenizer=replace(project.settings.tokenizer, version="0"))
    assert post.preparation == "p1"


def test_work_that_has_begun_keeps_its_tokens(project: Project, labeler: User, take: Callable[..., Post]) -> None:
    take()
    assert leases.next_task(project, labeler)
    assert take(preparation="p2").preparation == "p1"
