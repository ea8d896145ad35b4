"""The states of tasks: as the table says, after whatever happens, and the same when they are made again from S3."""

import random
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from typing import Any

import pytest
from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.intake import inbox
from labeler.labeling.models import Annotation, Assignment, Post, Project, Task
from labeler.labeling.tasks import leases, resize, states, transitions
from labeler.labeling.tasks.states import Facts, Slot
from labeler.operations import bulk
from labeler.operations.models import BulkAction
from pipeline.errors import InvalidInput
from pipeline.schema import PostReady
from tests.labeler.test_events import drop_everything, rebuild
from tests.labeler.test_recovery import put_in_archive

WORDS = ("We look for a welder.", "Now we look for two welders.", "The welder is found. We look for a baker.")
FACTS = [Facts(*given) for given in product((True, False), repeat=3)]


@pytest.mark.parametrize(
    ("facts", "slots", "expected"),
    [
        (Facts(), [Slot(1)], "open"),
        (Facts(), [Slot(1, 7, answered=True)], "done"),
        (Facts(), [Slot(1, 7, answered=True), Slot(2)], "open"),
        (Facts(), [Slot(1, 7, answered=True), Slot(2, 8, question=True)], "done"),
        (Facts(closed=True), [Slot(1)], "closed"),
        (Facts(closed=True), [Slot(1, 7, answered=True), Slot(2)], "done"),
        (Facts(closed=True), [Slot(1, 7, held=True)], "closed"),
        (Facts(current=False), [Slot(1)], "closed"),
        (Facts(current=False), [Slot(1, 7, held=True)], "stale"),
        (Facts(current=False), [Slot(1, 7, answered=True)], "stale"),
        (Facts(current=False, closed=True), [Slot(1, 7, answered=True)], "stale"),
        (Facts(deleted=True), [Slot(1, 7, answered=True)], "deleted"),
        (Facts(deleted=True, current=False, closed=True), [Slot(1)], "deleted"),
    ],
)
def test_the_state_of_a_task_follows_from_its_facts(facts: Facts, slots: list[Slot], expected: str) -> None:
    assert states.derive(facts, slots)[0] == expected


@pytest.mark.parametrize("facts", FACTS)
@pytest.mark.parametrize("event", states.MOVES)
def test_no_fact_is_taken_from_another(facts: Facts, event: str) -> None:
    after = states.move(facts, event)
    changed = [name for name in Facts.__slots__ if getattr(after, name) != getattr(facts, name)]
    assert changed in ([], list(states.MOVES[event][1]))
    assert states.move(after, event) == after


def test_what_is_answered_or_held_stays_when_fewer_are_wanted() -> None:
    slots = [Slot(1, 7, answered=True), Slot(2), Slot(3, 8, held=True), Slot(4)]
    assert [one.number for one in states.seat(slots, [7], 1)] == [1, 3]
    assert [one.number for one in states.seat(slots, [7], 3)] == [1, 2, 3]
    assert [one.number for one in states.seat(slots, [7], 5)] == [1, 2, 3, 4, 5]


def test_an_answer_takes_the_own_assignment_then_a_free_one_then_one_more() -> None:
    slots = [Slot(1), Slot(2, 7, held=True), Slot(3, 9, question=True)]
    seated = states.seat(slots, [7, 8, 6])
    assert [(one.number, one.labeler, one.answered) for one in seated] == [
        (1, 8, True),
        (2, 7, True),
        (3, 9, False),
        (4, 6, True),
    ]
    assert [one.labeler for one in states.seat(seated, [8, 6])] == [8, 7, 9, 6]  # held, though withdrawn


@pytest.fixture
def act(project: Project, person: Callable[..., User]) -> Callable[..., BulkAction]:
    chief = person("chief", "admin")

    def do(kind: str, *tasks: int) -> BulkAction:
        made = BulkAction.objects.create(project=project, kind=kind, by=chief, reason="why", chosen=list(tasks))
        bulk.run(threading.Event())
        return made

    return do


@pytest.mark.parametrize("answered", [True, False])
def test_a_closed_post_stays_closed_when_more_answers_are_wanted(
    answered: bool,
    change: Callable[..., Project],
    person: Callable[..., User],
    take: Callable[..., Post],
    act: Callable[..., BulkAction],
) -> None:
    project, post, bob = change(redundancy=2), take(), person("bob")
    if answered:
        lease = leases.next_task(project, person("ann"))
        assert lease
        answers.submit(lease.token, lease.labeler, Answer("labels"), "key-000001")
    act("close", post.task.pk)
    project = change(redundancy=3)
    resize.fit(project)
    assert Task.objects.get().state == ("done" if answered else "closed")
    assert leases.next_task(project, bob) is None
    act("reopen", post.task.pk)
    assert Assignment.objects.filter(state="open").count() == (2 if answered else 3)
    assert leases.next_task(project, bob)


def test_a_closed_post_stays_closed_when_its_text_comes_back(
    project: Project, labeler: User, take: Callable[..., Post], act: Callable[..., BulkAction]
) -> None:
    post = take("1", WORDS[0])
    act("close", post.task.pk)
    take("1", WORDS[1], fetched_at="2026-01-02T00:00:00.000000Z")
    take("1", WORDS[0], fetched_at="2026-01-03T00:00:00.000000Z")
    assert Post.objects.get(current=True) == post
    assert leases.next_task(project, labeler) is None


def test_a_correction_of_a_second_opinion_counts_where_one_is_wanted(
    change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post]
) -> None:
    project, ann, bob = change(redundancy=1), person("ann"), person("bob")
    take()
    lease = leases.next_task(project, ann)
    assert lease
    Assignment.objects.update(leased_until=timezone.now() - timedelta(minutes=1))
    other = leases.next_task(project, bob)
    assert other
    answers.submit(other.token, bob, Answer("labels"), "key-000001")
    assert answers.submit(lease.token, ann, Answer("labels"), "key-000001").second_opinion
    resize.fit(change(redundancy=2))
    assert not answers.submit(lease.token, ann, Answer("labels"), "key-000002").second_opinion
    assert Task.objects.get().state == "done"


class World:
    """A project in which things happen at random; `facts` is what the table says of each task by now."""

    def __init__(self, dice: random.Random, cloud: Any, ready: Any, change: Any, people: list[User], act: Any) -> None:
        self.dice, self._cloud, self._ready, self._change = dice, cloud, ready, change
        self._people, self._act = people, act
        self.project = change(redundancy=2)
        self.facts: dict[int, Facts] = {}
        self._keys = iter(range(10_000))
        self._day = 0
        self._held: list[leases.Lease] = []

    def moves(self) -> Iterator[Callable[[], object]]:
        yield from (self.post, self.post)
        choices = [self.post, self.lease, self.lease, self.lease, self.answer, self.answer, self.answer, self.withdraw]
        choices += [self.expire, self.give_back, self.resize, *(self.bulk,) * 4]
        while True:
            yield self.dice.choice(choices)

    def post(self) -> None:
        self._day += 1
        day = self.dice.choice([self._day, self._day, -self._day])  # some come late
        at = (timezone.now().replace(year=2026, month=1, day=1) + timedelta(days=day)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        one = self._ready(str(self.dice.randrange(3)), self.dice.choice(WORDS), fetched_at=at)
        put_in_archive(self._cloud, one)
        self._cloud.deliver(one)
        inbox.drain()
        # A text of a posting that is deleted is deleted too.
        for task in Task.objects.select_related("post"):
            facts = self.facts.setdefault(task.pk, Facts(current=task.post.current))
            self.facts[task.pk] = states.move(facts, "return" if task.post.current else "supersede")
        for task in Task.objects.all():
            if any(self.facts[one].deleted for one in self._posting(task.pk)):
                self.facts[task.pk] = states.move(self.facts[task.pk], "delete")

    def lease(self) -> None:
        self._fresh()
        who = self.dice.choice(self._people)
        if lease := leases.next_task(self.project, who, [one.task.pk for one in self._held if one.labeler == who][:2]):
            self._held.append(lease)

    def answer(self) -> None:
        if self._held:
            lease = self.dice.choice(self._held)
            answers.submit(lease.token, lease.labeler, Answer("labels", [(0, 1, "Role")]), f"key-{next(self._keys):06}")

    def withdraw(self) -> None:
        answers.undo_last(self.dice.choice(self._people), self.project)

    def expire(self) -> None:
        Assignment.objects.filter(token__isnull=False).update(leased_until=timezone.now() - timedelta(seconds=1))
        transitions.refit(list(self.facts))

    def give_back(self) -> None:
        if self._held:
            leases.release(self._held.pop(self.dice.randrange(len(self._held))).token)

    def resize(self) -> None:
        try:
            self.project = self._change(redundancy=self.dice.randint(1, 3))
        except InvalidInput:
            return
        resize.fit(self.project)

    def bulk(self) -> None:
        kind = self.dice.choice(["close", "close", "reopen", "delete", "restore", "restore"])
        task = self.dice.choice(list(self.facts))
        self._act(kind, task)
        for one in self._posting(task) if kind in ("delete", "restore") else [task]:
            self.facts[one] = states.move(self.facts[one], kind)

    def _posting(self, task: int) -> list[int]:
        post = Post.objects.get(task=task)
        return list(Task.objects.filter(post__post_id=post.post_id).values_list("pk", flat=True))

    def _fresh(self) -> None:
        self.project = Project.objects.get()

    def check(self) -> None:
        """What the database says is what the table says of the facts, of the answers that count and of live leases."""
        now = timezone.now()
        counting = Annotation.objects.filter(current=True, second_opinion=False).exclude(kind="withdrawn")
        for task in Task.objects.select_related("post"):
            facts = self.facts[task.pk]
            assert (task.post.current, task.closed, task.deleted) == (facts.current, facts.closed, facts.deleted)
            theirs = set(counting.filter(task=task).values_list("labeler_id", flat=True))
            rows = list(task.assignments.all())
            assert {row.labeler_id for row in rows if row.state == "answered"} == theirs
            slots = [
                Slot(
                    row.number,
                    row.labeler_id,
                    row.state == "answered",
                    bool(row.leased_until and row.leased_until > now),
                    row.question,
                )
                for row in rows
            ]
            state, of_slots = states.derive(facts, slots)
            assert task.state == state
            assert {row.number: row.state for row in rows} == of_slots
            known = states.annotator_set(theirs)
            assert all(row.annotator_set == known for row in rows if row.state != "answered")

    def seen(self) -> dict[str, Any]:
        """Without leases, which are not rebuilt, and with as many assignments as are wanted."""
        transitions.release(Assignment.objects.filter(token__isnull=False))
        resize.fit(Project.objects.get())
        tasks = Task.objects.values_list("post__post_id", "post__revision", "state", "closed", "deleted")
        held = Assignment.objects.values_list(
            "task__post__post_id", "task__post__revision", "state", "labeler__labeler_id", "question"
        )
        return {"tasks": sorted(tasks), "assignments": sorted(held, key=str)}


@pytest.mark.parametrize("seed", range(12))
def test_whatever_happens_the_states_are_those_of_the_table_and_those_that_s3_gives(
    seed: int,
    cloud: Any,
    ready: Callable[..., PostReady],
    change: Callable[..., Project],
    person: Callable[..., User],
    act: Callable[..., BulkAction],
) -> None:
    world = World(random.Random(seed), cloud, ready, change, [person(name) for name in ("ann", "bob", "cem")], act)
    for _, move in zip(range(40), world.moves(), strict=False):
        move()
        world.check()
    before = world.seen()
    drop_everything()
    rebuild()
    assert world.seen() == before


def test_labelers_meet_questions_each_in_an_order_of_their_own(
    change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post]
) -> None:
    from labeler.adjudication import decisions

    for number in range(8):
        decisions.decide(take(str(number), f"Text {number}.").task, [], by="system")
    for pk in Task.objects.values_list("pk", flat=True):
        transitions.move("close", [pk])
    project = change(gold_rate=1.0)
    met = {}
    for name in ("ann", "bob", "cem"):
        user, order = person(name), []
        while lease := leases.next_task(project, user):
            order.append(lease.task.pk)
            answers.submit(lease.token, user, Answer("labels"), f"key-{lease.task.pk:06}")
        assert sorted(order) == sorted(Task.objects.values_list("pk", flat=True))
        met[name] = order
    assert len({tuple(order) for order in met.values()}) == 3


def test_a_question_given_back_goes_to_nobody_else(
    change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post]
) -> None:
    from labeler.adjudication import decisions

    task, ann = take().task, person("ann")
    decisions.decide(task, [], by="system")
    transitions.move("close", [task.pk])
    asked = leases.next_task(change(gold_rate=1.0), ann)
    assert asked
    leases.release(asked.token)
    project = change(gold_rate=0.0)
    assert leases.next_task(project, person("bob")) is None
    again = leases.next_task(project, ann)
    assert again
    assert again.assignment == asked.assignment
