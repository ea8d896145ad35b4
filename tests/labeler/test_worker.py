"""The worker's rounds: whatever a page or an edit left to do is done, told or not, and can be repeated."""

import json
import threading
from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from labeler.accounts.models import User
from labeler.datasets import worker_tasks
from labeler.datasets.imports import submission
from labeler.datasets.models import Import, Release
from labeler.labeling.answering import answers
from labeler.labeling.answering.answers import Answer
from labeler.labeling.models import Assignment, Post, Project, Task
from labeler.labeling.tasks import leases
from labeler.middleware import worker_wakeup
from labeler.worker import commands, loop
from pipeline.ports import Message, StoreUnavailable


@pytest.fixture(autouse=True)
def closed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What a worker closes between its rounds, in place of the test's own connection, which must stay open."""
    said: list[str] = []
    monkeypatch.setattr(loop, "close_old_connections", lambda: said.append("old ones"))
    monkeypatch.setattr(loop, "connection", SimpleNamespace(close=lambda: said.append("this one")))
    return said


def once() -> dict[str, int]:
    worker = loop.Worker()
    worker.round(wait_seconds=0)
    return dict(worker.done)


def test_a_round_drains_sweeps_and_fits(
    project: Project,
    labeler: User,
    cloud: Any,
    take: Callable[..., Post],
    ready: Callable[..., Any],
    change: Callable[..., Project],
) -> None:
    take()
    lease = leases.next_task(project, labeler)
    assert lease
    cloud.labels.fail("annotations/", StoreUnavailable("away"))
    answers.submit(lease.token, labeler, Answer("labels"), "key-0001")
    cloud.deliver(ready("2", "Second text."))
    change(redundancy=2)
    assert once() == {"posts new": 1, "answers stored": 1, "tasks fitted": 2, "commands done": 1}
    assert once() == {}


def test_a_higher_redundancy_opens_what_was_done(
    project: Project, person: Callable[..., User], take: Callable[..., Post], change: Callable[..., Project]
) -> None:
    take()
    ann = person("ann")
    lease = leases.next_task(project, ann)
    assert lease
    answers.submit(lease.token, ann, Answer("labels"), "key-0001")
    assert Task.objects.get().state == "done"
    change(redundancy=3)
    once()
    assert Task.objects.get().state == "open"
    assert Assignment.objects.filter(state="open").count() == 2
    assert leases.next_task(project, ann) is None
    assert leases.next_task(project, person("bob"))


def test_a_lower_redundancy_keeps_what_is_answered_or_in_work(
    change: Callable[..., Project], person: Callable[..., User], take: Callable[..., Post]
) -> None:
    project = change(redundancy=4)
    take()
    ann, bob = person("ann"), person("bob")
    held = [leases.next_task(project, user) for user in (ann, bob)]
    assert held[1]
    answers.submit(held[1].token, bob, Answer("labels"), "key-0001")
    change(redundancy=1)
    once()
    assert sorted(Assignment.objects.values_list("state", "labeler__username")) == [
        ("answered", "bob"),
        ("open", "ann"),
    ]
    assert Task.objects.get().state == "open"


def test_a_lower_redundancy_takes_no_more_places_away_than_it_must(
    change: Callable[..., Project], take: Callable[..., Post]
) -> None:
    change(redundancy=4)
    take()
    change(redundancy=3)
    once()
    assert sorted(Assignment.objects.values_list("number", "state")) == [(1, "open"), (2, "open"), (3, "open")]


def test_another_order_of_work_reaches_posts_that_wait(
    project: Project, labeler: User, take: Callable[..., Post], change: Callable[..., Project]
) -> None:
    take("1", "Early text.", fetched_at="2026-01-01T00:00:00.000000Z")
    late = take("2", "Late text.", fetched_at="2026-01-02T00:00:00.000000Z")
    change(order="newest")
    once()
    lease = leases.next_task(project, labeler)
    assert lease
    assert lease.post == late


def test_fitting_needs_no_command(project: Project, cloud: Any, take: Callable[..., Post], change: Any) -> None:
    take()
    change(redundancy=2)
    cloud.work.delete([one.receipt for one in cloud.work.receive()])
    assert once() == {"tasks fitted": 1}


def test_an_edit_that_leaves_tasks_alone_fits_nothing(
    take: Callable[..., Post], change: Callable[..., Project]
) -> None:
    take()
    change(name="Other")
    assert once() == {}


@pytest.mark.parametrize("body", ["not json", "[]", '{"schema": "work/1", "command": "shutdown"}'])
def test_a_command_it_does_not_know_goes_to_the_dead_letter_queue_at_once(db: None, cloud: Any, body: str) -> None:
    cloud.work.send([Message(body)])
    assert once() == {"commands refused": 1}
    assert cloud.work.depth() == (0, 0)
    (buried,) = cloud.dead_letters["work"][0].receive()
    assert buried.body == body
    assert "SchemaError" in buried.attributes["reason"] or "JSONDecodeError" in buried.attributes["reason"]


@pytest.mark.parametrize("name", ["drain", "sweep", "fit"])
def test_each_command_is_known(db: None, cloud: Any, name: str) -> None:
    commands.send(name)
    assert json.loads(cloud.work.receive(1, visibility_seconds=0)[0].body)["command"] == name
    assert once() == {"commands done": 1}


def test_a_full_queue_and_a_long_fit_are_broken_off_when_it_stops(
    cloud: Any, ready: Callable[..., Any], take: Callable[..., Post], change: Callable[..., Project]
) -> None:
    take("0", "First text.")
    change(redundancy=2)
    cloud.deliver(ready("1", "Second text."))
    worker = loop.Worker()
    worker.stop()
    worker.round(wait_seconds=0)
    assert worker.done == {"tasks fitted": 0, "commands done": 1}
    assert Assignment.objects.count() == 1
    assert once() == {"posts new": 1, "tasks fitted": 2}


def test_it_stops_when_told(db: None, cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = loop.Worker()
    monkeypatch.setattr(worker, "round", lambda wait_seconds: worker.stop())
    worker.run()


def test_it_goes_on_after_aws_was_away(db: None, cloud: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    worker, rounds = loop.Worker(), []

    def round_(wait_seconds: int) -> None:
        rounds.append(wait_seconds)
        if len(rounds) == 1:
            raise StoreUnavailable("away")
        worker.stop()

    monkeypatch.setattr(worker, "round", round_)
    monkeypatch.setattr(loop, "PAUSE_SECONDS", 0)
    worker.run()
    assert len(rounds) == 2


WHATEVER = [
    ImportError("no numpy"),
    MemoryError(),
    RecursionError("too deep"),
    SystemExit("a library gave up"),
    KeyError("x"),
    OSError(28, "disk full"),
]


@pytest.mark.parametrize("error", WHATEVER, ids=lambda error: type(error).__name__)
def test_whatever_a_task_meets_fails_it_alone(
    project: Project, cloud: Any, ready: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, error: BaseException,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    fails = failing(error)
    monkeypatch.setattr(loop, "periodic_tasks", {"broken": loop.PeriodicTask(fails), **loop.periodic_tasks})
    cloud.deliver(ready())
    clock = Hours()
    worker = loop.Worker(now=clock)
    worker.round(wait_seconds=0)
    assert worker.done == {"tasks failed": 1, "posts new": 1}
    assert "the task 'broken' failed" in caplog.text
    assert type(error).__name__ in caplog.text
    worker.round(wait_seconds=0)  # it rests, and does not fill the log
    assert fails.count == 1
    clock.seconds += loop.REST_SECONDS
    worker.round(wait_seconds=0)
    assert fails.count == 2


def test_a_command_whose_task_fails_is_left_for_the_dead_letter_queue(
    db: None, cloud: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loop, "periodic_tasks", {"broken": loop.PeriodicTask(failing(ImportError("no numpy")))})
    commands.send("broken")
    assert once() == {"tasks failed": 2}
    assert cloud.work.depth() == (0, 1)


@pytest.mark.parametrize("error", [StoreUnavailable("away"), OperationalError("away"), InterfaceError("closed")])
def test_what_is_away_for_one_task_keeps_no_other_from_its_turn(
    db: None, cloud: Any, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    turns: list[str] = []

    def other(stopping: threading.Event) -> Counter[str]:
        turns.append("other")
        return Counter()

    tasks = {"away": loop.PeriodicTask(failing(error)), "other": loop.PeriodicTask(other)}
    monkeypatch.setattr(loop, "periodic_tasks", tasks)
    monkeypatch.setattr(loop, "PAUSE_SECONDS", 0)
    worker = loop.Worker()
    with pytest.raises(type(error)):
        worker.round(wait_seconds=0)
    assert turns == ["other"]


@pytest.mark.parametrize("error", WHATEVER, ids=lambda error: type(error).__name__)
def test_a_release_or_import_that_cannot_be_loaded_says_so_and_the_next_goes_on(
    project: Project, cloud: Any, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    now = timezone.now()
    release = Release.objects.create(project=project, version=1, by="ann", began_at=now, beat_at=now)
    imported = Import.objects.create(
        project=project, by="ann", key="handoff/1", form="jsonl", began_at=now, beat_at=now
    )
    monkeypatch.setattr(worker_tasks, "Build", failing(error))
    monkeypatch.setattr(submission, "fetch", failing(error))
    assert once() == {"releases failed": 1, "imports failed": 1}
    release.refresh_from_db()
    imported.refresh_from_db()
    assert (release.state, type(error).__name__ in release.error) == ("failed", True)
    assert (imported.state, type(error).__name__ in imported.error) == ("failed", True)


class failing:  # noqa: N801 it stands for a function
    """Raises whenever it is called, and counts how often."""

    def __init__(self, error: BaseException) -> None:
        self.error, self.count = error, 0

    def __call__(self, *_: object) -> Any:
        self.count += 1
        raise self.error


class Hours:
    """A clock that is put on."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def queries(worker: loop.Worker) -> int:
    """How often a round asks the database."""
    with CaptureQueriesContext(connection) as asked:
        worker.round(wait_seconds=0)
    return len(asked)


@pytest.fixture
def sleeper(db: None, cloud: Any, settings: Any) -> tuple[loop.Worker, Hours]:
    """A worker whose database may sleep, after its first look."""
    settings.DATABASE_MAY_SLEEP = True
    clock = Hours()
    worker = loop.Worker(now=clock)
    assert queries(worker) > 0
    assert queries(worker) == 0
    return worker, clock


def test_without_work_a_database_that_may_sleep_is_left_alone(sleeper: tuple[loop.Worker, Hours]) -> None:
    worker, clock = sleeper
    for _ in range(50):
        clock.seconds += loop.POLL_SECONDS
        assert queries(worker) == 0
    clock.seconds += loop.LOOK_SECONDS
    assert queries(worker) > 0
    assert queries(worker) == 0


def test_a_command_wakes_it_for_as_long_as_pages_keep_silent(sleeper: tuple[loop.Worker, Hours]) -> None:
    worker, clock = sleeper
    commands.send("sweep")
    assert queries(worker) > 0
    clock.seconds += worker_wakeup.PAUSE_SECONDS + loop.POLL_SECONDS
    assert queries(worker) > 0
    clock.seconds += loop.AWAKE_SECONDS
    assert queries(worker) == 0


def test_a_post_wakes_it(
    project: Project, cloud: Any, ready: Callable[..., Any], sleeper: tuple[loop.Worker, Hours]
) -> None:
    worker, _ = sleeper
    cloud.deliver(ready())
    assert queries(worker) > 0
    assert worker.done["posts new"] == 1
    assert queries(worker) > 0


def test_an_answer_that_waits_for_s3_keeps_it_awake(
    project: Project, labeler: User, cloud: Any, take: Callable[..., Post], sleeper: tuple[loop.Worker, Hours]
) -> None:
    worker, clock = sleeper
    take()
    lease = leases.next_task(project, labeler)
    assert lease
    for _ in range(3):
        cloud.labels.fail("annotations/", StoreUnavailable("away"))
    answers.submit(lease.token, labeler, Answer("labels"), "key-0001")
    commands.send("sweep")
    for _ in range(2):
        worker.round(wait_seconds=0)
        clock.seconds += loop.AWAKE_SECONDS - 1
    worker.round(wait_seconds=0)
    assert worker.done["answers stored"] == 1


def test_a_database_that_never_sleeps_is_looked_into_each_round(db: None, cloud: Any) -> None:
    worker = loop.Worker()
    assert queries(worker) > 0
    assert queries(worker) > 0


def test_it_holds_no_connection_between_rounds(cloud: Any, closed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    worker = loop.Worker()
    monkeypatch.setattr(worker, "round", lambda wait_seconds: worker.stop())
    worker.run()
    assert closed == ["old ones"]


def test_it_is_protected_while_it_obeys(db: None, cloud: Any) -> None:
    said: list[bool] = []
    worker = loop.Worker(said.append)
    commands.send("fit")
    worker.round(wait_seconds=0)
    assert said == [True, False]


def test_it_goes_on_after_the_database_was_away(
    db: None, cloud: Any, closed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    worker, rounds = loop.Worker(), []

    def round_(wait_seconds: int) -> None:
        rounds.append(wait_seconds)
        if len(rounds) == 1:
            raise OperationalError("connection timeout expired")
        worker.stop()

    monkeypatch.setattr(worker, "round", round_)
    monkeypatch.setattr(loop, "PAUSE_SECONDS", 0)
    worker.run()
    assert len(rounds) == 2
    assert closed == ["this one", "old ones"]


def test_a_page_that_writes_sends_word_and_others_do_not(db: None, cloud: Any, settings: Any) -> None:
    settings.DATABASE_MAY_SLEEP = True
    clock = Hours()
    middleware = worker_wakeup.WorkerWakeUpMiddleware(lambda request: HttpResponse(), clock)
    middleware(RequestFactory().get("/"))
    assert cloud.work.depth() == (0, 0)
    for _ in range(5):
        middleware(RequestFactory().post("/"))
    assert cloud.work.depth() == (1, 0)
    clock.seconds += worker_wakeup.PAUSE_SECONDS
    middleware(RequestFactory().put("/"))
    assert cloud.work.depth() == (2, 0)
    assert once()["commands done"] == 2
