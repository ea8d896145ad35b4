"""One phrase decided in all posts: what it settles, what it leaves, and all of it taken back."""

import threading
from collections.abc import Callable

import pytest
from django.test import Client

from labeler.accounts.models import User
from labeler.adjudication import comparisons, rulings
from labeler.adjudication.models import Comparison, Gold
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.labels import relabeling
from labeler.labeling.models import Annotation, Cursor, Post, Project, Task
from labeler.labeling.tasks import leases
from pipeline.errors import InvalidInput
from pipeline.labelset import Operation

NEVER = threading.Event()


@pytest.fixture
def dispute(change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post]):  # type: ignore[no-untyped-def]
    """A post on which ann labels some words and bob none; compared."""
    ann, bob, project = person("ann"), person("bob"), change(redundancy=2)

    def make(number: int, text: str, *spans: tuple[int, int, str]) -> Task:
        task = take(str(number), text).task
        for who, given in ((ann, spans), (bob, ())):
            lease = leases.next_task(project, who)
            assert lease
            answers.submit(lease.token, who, Answer("labels", spans=given), f"key-{number:04}-{who.pk}")
        comparisons.catch_up(NEVER)
        return task

    return make


@pytest.fixture
def rita(person: Callable[..., User]) -> User:
    return person("rita", "reviewer")


def test_a_ruling_settles_every_dispute_about_its_phrase(
    dispute: Callable[..., Task], project: Project, rita: User
) -> None:
    one = dispute(1, "Use Excel daily.", (1, 2, "Tool"))
    other = dispute(2, "EXCEL helps.", (0, 1, "Skill"))
    partly = dispute(3, "Excel and Word.", (0, 1, "Tool"), (2, 3, "Tool"))
    assert {row.task for row in rulings.disputed(project, "excel")} == {one, other, partly}
    ruling = rulings.rule(project, " Excel ", "Tool", rita, "always")
    assert rulings.apply(NEVER) == {"posts settled by rulings": 2}
    assert not rulings.apply(NEVER)
    assert set(Gold.objects.values_list("task", flat=True)) == {one.pk, other.pk}
    row = Gold.objects.get(task=other)
    assert (row.by, row.comment) == (rita.labeler_id, "“excel” is Tool: always")
    assert row.spans[0]["label"] == "Tool"
    assert Comparison.objects.get(task=partly).state == "disputed"
    ruling.refresh_from_db()
    assert ruling.settled == 2


def test_a_standing_ruling_settles_what_comes_later(dispute: Callable[..., Task], project: Project, rita: User) -> None:
    rulings.rule(project, "excel", "", rita)
    rulings.apply(NEVER)
    task = dispute(1, "Use Excel daily.", (1, 2, "Tool"))
    assert rulings.apply(NEVER) == {"posts settled by rulings": 1}
    assert Gold.objects.get(task=task).spans == []


def test_an_address_that_names_no_post_is_not_our_fault(dispute: Callable[..., Task], rita: User) -> None:
    dispute(1, "Use Excel daily.", (1, 2, "Tool"))
    client = Client()
    client.force_login(rita)
    assert client.get("/review/jobs/", {"after": "9" * 30}).status_code == 302


def test_a_ruling_whose_label_is_no_more_settles_nothing(
    dispute: Callable[..., Task], project: Project, rita: User
) -> None:
    rulings.rule(project, "excel", "Tool", rita)
    relabeling.operate(Project.objects.get(), Operation("rename", ("Tool",), ("Software",)), "tester")
    task = dispute(1, "Use Excel daily.", (1, 2, "Software"))
    assert not rulings.apply(NEVER)
    assert Comparison.objects.get(task=task).state == "disputed"


def test_undoing_takes_back_what_it_decided(dispute: Callable[..., Task], project: Project, rita: User) -> None:
    task = dispute(1, "Use Excel daily.", (1, 2, "Tool"))
    ruling = rulings.rule(project, "excel", "Tool", rita)
    rulings.apply(NEVER)
    rulings.undo(ruling, rita)
    assert rulings.apply(NEVER) == {"decisions taken back": 1}
    assert not Gold.objects.filter(current=True).exists()
    assert Comparison.objects.get(task=task).state == "disputed"
    assert not rulings.apply(NEVER)


@pytest.mark.parametrize(("phrase", "label"), [("", "Tool"), ("x" * 201, "Tool"), ("excel", "No such label")])
def test_a_ruling_that_makes_no_sense_is_refused(project: Project, rita: User, phrase: str, label: str) -> None:
    with pytest.raises(InvalidInput):
        rulings.rule(project, phrase, label, rita)


def test_a_post_with_a_span_off_the_edges_of_tokens_is_left_to_a_person(
    dispute: Callable[..., Task], project: Project, rita: User
) -> None:
    """A decision could not hold that span: what a ruling would settle is not all that the annotations say."""
    task = dispute(1, "Use Excel daily.", (1, 2, "Tool"), (2, 3, "Skill"))
    row = Annotation.objects.get(task=task, labeler__username="ann")
    row.spans[1]["tokens"] = [-1, -1]  # as of an import
    row.save()
    rulings.rule(project, "excel", "Tool", rita)
    assert not rulings.apply(NEVER)
    assert not Gold.objects.exists()
    assert Comparison.objects.get(task=task).state == "disputed"


def test_a_dispute_is_settled_though_newer_ones_were_seen_before_it(
    dispute: Callable[..., Task], project: Project, rita: User
) -> None:
    """Rows get their number before others see them: the worker reads some below where it was."""
    rulings.rule(project, "excel", "Tool", rita)
    rulings.apply(NEVER)
    task = dispute(1, "Use Excel daily.", (1, 2, "Tool"))
    newest = Comparison.objects.get(task=task).newest
    Cursor.objects.update_or_create(name=rulings.NAME, defaults={"position": newest + 50})
    assert rulings.apply(NEVER) == {"posts settled by rulings": 1}
