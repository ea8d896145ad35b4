"""Many labelers at the same moment: no place is given twice, none is lost, nothing is stored twice."""

from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connections

from labeler.accounts.models import User
from labeler.labeling import projects
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.intake import inbox
from labeler.labeling.models import Annotation, Assignment, Post, Project, Task
from labeler.labeling.tasks import leases

THREADS, POSTS, REDUNDANCY = 8, 40, 2


def in_threads(work: Callable[[int], Any], count: int = THREADS) -> list[Any]:
    """Runs `work` in threads that begin together, each with its own connection."""

    def run(number: int) -> Any:
        try:
            return work(number)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.fixture
def busy(
    transactional_db: None, cloud: Any, person: Callable[..., User], ready: Callable[..., Any], project: Project
) -> tuple[Project, list[User]]:
    changed = projects.edit(project, {"redundancy": REDUNDANCY}, by="system")
    cloud.deliver(*(ready(str(number), f"Text number {number}.") for number in range(POSTS)))
    inbox.drain()
    return changed, [person(f"labeler-{number}") for number in range(THREADS)]


def test_eight_labelers_label_every_post_twice_and_none_three_times(
    busy: tuple[Project, list[User]], cloud: Any
) -> None:
    project, people = busy

    def label(number: int) -> int:
        done = 0
        while lease := leases.next_task(project, people[number]):
            saved = answers.submit(lease.token, people[number], Answer("labels", [(0, 1, "Role")]), f"key-{done:05}")
            assert not saved.second_opinion
            done += 1
        return done

    assert sum(in_threads(label)) == POSTS * REDUNDANCY
    by_task = Counter(Annotation.objects.values_list("task", flat=True))
    assert set(by_task.values()) == {REDUNDANCY}
    assert Annotation.objects.values("task", "labeler").distinct().count() == POSTS * REDUNDANCY
    assert set(Task.objects.values_list("state", flat=True)) == {"done"}
    assert len(list(cloud.labels.list("annotations/"))) == POSTS * REDUNDANCY


def test_one_place_asked_for_by_eight_goes_to_one(busy: tuple[Project, list[User]]) -> None:
    project, people = busy
    Assignment.objects.exclude(pk=Assignment.objects.order_by("id")[0].pk).update(state="closed")
    given = in_threads(lambda number: leases.next_task(project, people[number]))
    assert sum(one is not None for one in given) == 1


def test_one_labeler_in_eight_tabs_never_holds_two_places_of_a_task(busy: tuple[Project, list[User]]) -> None:
    project, people = busy
    in_threads(lambda number: leases.next_task(project, people[0], exclude=range(-number, 0)))
    held = list(Assignment.objects.filter(labeler=people[0]).values_list("task", flat=True))
    assert held
    assert len(held) == len(set(held))


def test_a_submit_sent_eight_times_at_once_is_saved_once(busy: tuple[Project, list[User]], cloud: Any) -> None:
    project, people = busy
    lease = leases.next_task(project, people[0])
    assert lease
    saved = in_threads(lambda _: answers.submit(lease.token, people[0], Answer("labels"), "key-the-same"))
    assert len({one.annotation.pk for one in saved}) == 1
    assert all(one.stored for one in saved)
    assert len(list(cloud.labels.list("annotations/"))) == 1


def test_eight_submits_with_keys_of_their_own_are_numbered(busy: tuple[Project, list[User]], cloud: Any) -> None:
    project, people = busy
    lease = leases.next_task(project, people[0])
    assert lease
    in_threads(lambda number: answers.submit(lease.token, people[0], Answer("labels"), f"key-{number:05}"))
    assert sorted(Annotation.objects.values_list("n", flat=True)) == list(range(1, THREADS + 1))
    assert Annotation.objects.filter(current=True).count() == 1
    assert Assignment.objects.filter(state="answered").count() == 1


def test_an_expired_place_is_taken_over_or_answered_never_both(busy: tuple[Project, list[User]]) -> None:
    """The late labeler submits while seven others want the place: it counts once, and nobody's work is lost."""
    project, people = busy
    lease = leases.next_task(project, people[0])
    assert lease
    Assignment.objects.exclude(pk=lease.assignment.pk).update(state="closed")
    Assignment.objects.filter(pk=lease.assignment.pk).update(leased_until="2026-01-01T00:00:00Z")

    def work(number: int) -> Any:
        if number == 0:
            return answers.submit(lease.token, people[0], Answer("labels"), "key-00000")
        return leases.next_task(project, people[number])

    saved, *taken = in_threads(work)
    assert saved.second_opinion == any(taken)
    assert sum(one is not None for one in taken) <= 1


def test_two_drains_of_the_same_messages_make_each_post_once(
    busy: tuple[Project, list[User]], cloud: Any, ready: Callable[..., Any]
) -> None:
    for _ in range(2):
        cloud.deliver(*(ready(f"new-{number}", f"Other text {number}.") for number in range(20)))
    outcomes: Counter[str] = Counter()
    for one in in_threads(lambda _: inbox.drain()):
        outcomes.update(one)
    assert outcomes == {"new": 20, "repeated": 20}
    assert Post.objects.filter(external_id__startswith="new-").count() == 20


def test_revisions_that_arrive_at_once_settle_on_the_newest(
    busy: tuple[Project, list[User]], cloud: Any, ready: Callable[..., Any]
) -> None:
    for day in range(1, 9):
        cloud.deliver(ready("same", f"Text of day {day}.", fetched_at=f"2026-01-0{day}T00:00:00.000000Z"))
    in_threads(lambda _: inbox.drain(most=1))
    inbox.drain()
    (current,) = Post.objects.filter(external_id="same", current=True)
    assert current.text == "Text of day 8."
    assert Post.objects.filter(external_id="same").count() == 8


def test_edits_at_once_make_one_event_each_or_are_told(busy: tuple[Project, list[User]], cloud: Any) -> None:
    project, _ = busy

    def edit(number: int) -> int:
        try:
            return projects.edit(project, {"name": f"Name {number}"}, by="system").event
        except projects.Changed:
            return 0

    events = in_threads(edit)
    assert sorted(one for one in events if one) == [3]
    assert Project.objects.get().settings == projects.newest_settings(cloud.labels, "jobs")
