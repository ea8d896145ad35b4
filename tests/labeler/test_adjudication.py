"""Answers compared, disputes decided, gold in S3 with what it rests on; sent back, passed by itself, taken back."""

import json
import threading
from collections.abc import Callable
from typing import Any

import pytest

from labeler.accounts.models import User
from labeler.adjudication import comparisons, decisions
from labeler.adjudication.disputes import compare
from labeler.adjudication.models import Comparison, Gold
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.labels import relabeling
from labeler.labeling.models import Annotation, Cursor, Post, Project, Task
from labeler.labeling.tasks import leases
from pipeline.errors import InvalidInput
from pipeline.labelset import Operation

ROLE, TOOL = (4, 5, "Role"), (8, 9, "Tool")
NEVER = threading.Event()


@pytest.mark.parametrize(
    ("given", "agreed", "ranges"),
    [
        ([[(0, 1, "A")], [(0, 1, "A")]], [(0, 1, "A")], []),
        ([[(0, 1, "A")], []], [], [(0, 1)]),
        ([[(0, 4, "A")], [(1, 2, "B"), (3, 4, "B")]], [], [(0, 4)]),
        ([[(0, 2, "A"), (5, 6, "B")], [(0, 3, "A"), (5, 6, "C")]], [], [(0, 3), (5, 6)]),
        ([[(0, 2, "A")], [(2, 4, "A")]], [], [(0, 2), (2, 4)]),
        ([[(0, 9, "A"), (1, 2, "B")], [(0, 9, "A"), (1, 2, "C")]], [(0, 9, "A")], [(1, 2)]),
    ],
)
def test_disputes_are_the_ranges_answers_differ_on(given: Any, agreed: Any, ranges: Any) -> None:
    same, disputes = compare(given)
    assert same == agreed
    assert [(one.first, one.last) for one in disputes] == ranges


def test_answers_that_say_the_same_are_one_option() -> None:
    _, (dispute,) = compare([[(0, 1, "A")], [], [(0, 1, "A")]])
    assert [(one.answers, one.spans) for one in dispute.options] == [((0, 2), ((0, 1, "A"),)), ((1,), ())]
    assert dispute.question == "Is it one at all?"


@pytest.mark.parametrize(
    ("one", "other", "question"),
    [
        ([(0, 2, "A")], [(0, 3, "A")], "Where does it end?"),
        ([(0, 2, "A")], [(0, 1, "A"), (1, 2, "A")], "One span, or several?"),
        ([(0, 2, "A")], [(0, 2, "B")], "Which label?"),
        ([(0, 2, "A")], [(0, 3, "B")], "Which spans?"),
    ],
)
def test_a_dispute_says_what_it_is_about(one: Any, other: Any, question: str) -> None:
    assert compare([one, other])[1][0].question == question


@pytest.fixture
def answered(
    project: Project, change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post]
) -> Callable[..., Task]:
    """A post with the given answers, by ann, bob, …; compared."""
    people = [person(name) for name in ("ann", "bob", "cid")]
    count = iter(range(100))

    def make(*given: list[Any], **settings: Any) -> Task:
        wanted = change(redundancy=len(given), **settings)
        number = next(count)
        task = take(str(number)).task
        for who, spans in zip(people, given, strict=False):
            lease = leases.next_task(wanted, who)
            assert lease
            assert lease.task == task
            answers.submit(lease.token, who, Answer("labels", spans=spans), f"key-{number:04}-{who.pk}")
        comparisons.catch_up(NEVER)
        return task

    return make


def state(task: Task) -> str:
    return str(Comparison.objects.get(task=task).state)


def test_the_worker_finds_what_is_agreed_and_what_is_disputed(answered: Callable[..., Task]) -> None:
    assert state(answered([ROLE], [ROLE])) == "agreed"
    disputed = answered([ROLE], [ROLE, TOOL])
    assert state(disputed) == "disputed"
    assert disputed.comparison.exact == pytest.approx(2 / 3)


def test_an_annotation_that_is_seen_late_is_compared_though_newer_ones_were_before(
    answered: Callable[..., Task],
) -> None:
    """Rows get their number before others see them: the worker reads some below where it was."""
    task = answered([ROLE], [TOOL])
    Comparison.objects.all().delete()  # as when the second of both was not to be seen yet
    Cursor.objects.update(position=Annotation.objects.latest("pk").pk + 50)
    assert comparisons.catch_up(NEVER) == {"tasks compared": 1}
    assert state(task) == "disputed"


def test_a_correction_is_compared_anew_and_a_withdrawal_ends_the_comparison(answered: Callable[..., Task]) -> None:
    task = answered([ROLE], [])
    bob = User.objects.get(username="bob")
    answers.undo_last(bob, task.project)
    comparisons.catch_up(NEVER)
    assert not Comparison.objects.exists()
    lease = leases.next_task(Project.objects.get(), bob)
    assert lease
    answers.submit(lease.token, bob, Answer("labels", spans=[ROLE]), "key-again")
    comparisons.catch_up(NEVER)
    assert state(task) == "agreed"


def test_a_decision_is_an_object_with_who_when_why_and_what_it_rests_on(
    answered: Callable[..., Task], cloud: Any
) -> None:
    task = answered([ROLE], [TOOL])
    row = decisions.decide(task, [ROLE], "rita", "a welder is a role", seen=task.comparison.newest, after=0)
    stored = json.loads(cloud.labels.get(row.record().key).body)
    assert (stored["by"], stored["comment"], stored["n"]) == ("rita", "a welder is a role", 1)
    assert stored["spans"][0]["tokens"] == [4, 5]
    assert sorted(stored["basis"]) == sorted(one.key for one in cloud.labels.list("annotations/"))
    assert state(task) == "decided"


def test_a_decision_made_elsewhere_ends_the_dispute_too(answered: Callable[..., Task]) -> None:

    task = answered([ROLE], [TOOL])
    decisions.decide(task, [ROLE], by="api")
    assert state(task) == "decided"


def test_of_two_reviewers_one_wins_and_the_other_is_told(answered: Callable[..., Task], cloud: Any) -> None:
    task = answered([ROLE], [TOOL])
    seen = task.comparison.newest
    decisions.decide(task, [ROLE], "rita", "", seen, after=0)
    with pytest.raises(decisions.Overtaken, match="rita decided this post at"):
        decisions.decide(task, [TOOL], "rosa", "", seen, after=0)
    assert [one.by for one in Gold.objects.all()] == ["rita"]
    decisions.decide(task, [TOOL], "rosa", "on purpose", seen, after=1)
    assert [(one.n, one.by, one.current) for one in Gold.objects.order_by("n")] == [
        (1, "rita", False),
        (2, "rosa", True),
    ]
    assert len(list(cloud.labels.list("gold/"))) == 2


def test_a_decision_on_answers_that_changed_meanwhile_is_refused(answered: Callable[..., Task]) -> None:
    task = answered([ROLE], [TOOL])
    with pytest.raises(decisions.Overtaken, match="anew meanwhile"):
        decisions.decide(task, [ROLE], "rita", "", seen=task.comparison.newest - 1, after=0)


def test_what_does_not_fit_the_post_is_refused(answered: Callable[..., Task]) -> None:
    task = answered([ROLE], [TOOL])
    with pytest.raises(InvalidInput, match="this post's number of tokens"):
        decisions.decide(task, [(0, 99, "Role")], "rita", "")
    assert not Gold.objects.exists()


def test_posts_on_which_all_agree_pass_when_the_project_says_so(
    answered: Callable[..., Task], change: Callable[..., Project]
) -> None:
    agreed, disputed = answered([ROLE], [ROLE]), answered([ROLE], [])
    assert not decisions.pass_agreed(NEVER)
    change(pass_agreed=True)
    assert decisions.pass_agreed(NEVER) == {"posts passed": 1}
    assert not decisions.pass_agreed(NEVER)
    row = Gold.objects.get()
    assert (row.task, row.by, row.comment) == (agreed, "system", "all labelers agree")
    assert state(disputed) == "disputed"


def test_what_has_no_label_of_now_or_no_tokens_is_left_to_a_person(
    answered: Callable[..., Task], change: Callable[..., Project]
) -> None:
    being_split, off_edges, late = answered([ROLE], [ROLE]), answered([TOOL], [TOOL]), answered([], [])
    for row in Annotation.objects.filter(task=off_edges):
        row.spans = [{**one, "tokens": [-1, -1]} for one in row.spans]
        row.save()
    Comparison.objects.filter(task=late).update(newest=0)  # as it was before the last answer
    relabeling.operate(change(pass_agreed=True), Operation("split", ("Role",), ("Job", "Duty")), "tester")
    assert not decisions.pass_agreed(NEVER)
    assert not Gold.objects.exists()
    assert state(being_split) == state(off_edges) == "disputed"


def test_a_decision_taken_back_is_the_next_one_and_none_stands(answered: Callable[..., Task], cloud: Any) -> None:
    task = answered([ROLE], [TOOL])
    decisions.decide(task, [ROLE], "rita", "")
    row = decisions.withdraw(task, "rita", "too early")
    assert row
    assert json.loads(cloud.labels.get(row.record().key).body)["withdrawn"] is True
    assert not Gold.objects.filter(current=True).exists()
    assert state(task) == "disputed"
    assert decisions.withdraw(task, "rita", "") is None


def test_a_rebuild_finds_the_decisions_that_stand_and_not_those_taken_back(answered: Callable[..., Task]) -> None:
    from labeler.adjudication.recovery.gold import GoldPart
    from labeler.labeling.recovery.reconcile import differences

    kept, taken_back = answered([ROLE], [TOOL]), answered([ROLE], [])
    decisions.decide(kept, [ROLE], "rita", "")
    decisions.decide(taken_back, [ROLE], "rita", "")
    decisions.withdraw(taken_back, "rita", "")
    before = list(Gold.objects.order_by("task", "n").values_list("task", "n", "current", "extra", "comment"))
    Gold.objects.all().delete()
    GoldPart().rebuild(kept.project, lambda _: None)
    assert list(Gold.objects.order_by("task", "n").values_list("task", "n", "current", "extra", "comment")) == before
    assert [one for one in differences() if "gold" in one] == []


def test_sent_back_waits_for_the_labeler_and_their_answer_is_compared(
    answered: Callable[..., Task], person: Callable[..., User]
) -> None:
    task = answered([ROLE], [])
    bob, rita = User.objects.get(username="bob"), person("rita", "reviewer")
    with pytest.raises(InvalidInput, match="some words"):
        decisions.send_back(task.annotations.get(labeler=bob), rita, " ")
    decisions.send_back(task.annotations.get(labeler=bob), rita, "No role?")
    assert state(task) == "sent back"
    lease = leases.next_task(task.project, bob)
    assert lease
    answers.submit(lease.token, bob, Answer("labels", spans=[ROLE], comment="You are right."), "key-again")
    comparisons.catch_up(NEVER)
    assert state(task) == "agreed"
    sent = task.sent_back.get()
    assert sent.answer
    assert (sent.comment, sent.answer.comment) == ("No role?", "You are right.")


@pytest.mark.parametrize("attempt", range(3))
def test_reviewers_who_decide_at_the_same_moment(
    transactional_db: None, answered: Callable[..., Task], cloud: Any, attempt: int
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    from django.db import connections

    task = answered([ROLE], [TOOL])
    seen, together = task.comparison.newest, threading.Barrier(4)

    def decide(name: str) -> str:
        together.wait()
        try:
            decisions.decide(task, [ROLE], name, "", seen, after=0)
        except decisions.Overtaken as error:
            return str(error)
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(4) as pool:
        told = list(pool.map(decide, ("rita", "rosa", "rolf", "ruth")))
    winner = Gold.objects.get()
    assert told.count("") == 1
    assert all(words.startswith(f"{winner.by} decided this post") for words in told if words)
    assert len(list(cloud.labels.list("gold/"))) == 1
    assert Comparison.objects.get().state == "decided"
