"""A worker in memory: what becomes of each message and each way that an attempt can end."""

import gzip
import json
import threading
import time
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.annotator import child, registry
from pipeline.annotator.plugin import BadInput, Log
from pipeline.annotator.rules import Rules
from pipeline.annotator.text_file import MAX_LINE_BYTES
from pipeline.jobs import states, submissions
from pipeline.jobs.worker import Worker
from pipeline.ports import Message
from pipeline.schema import Suggestion
from pipeline.schema.job import COMPLETED, FAILED, PENDING, RUNNING, Job
from pipeline.tokens import Tokenizer
from tests.pipeline.jobs.world import USER, World, made


class Odd(Rules):
    """Does what a test asks for before it answers."""

    name = "odd"
    before: object = None

    def annotate(self, texts: Iterable[str], options: Mapping[str, Path], log: Log) -> Iterator[Sequence[Suggestion]]:
        for _ in texts:
            if callable(self.before):
                self.before()
            yield []


@pytest.fixture
def world() -> World:
    return made()


@pytest.fixture
def odd(monkeypatch: pytest.MonkeyPatch) -> Odd:
    one = Odd()
    monkeypatch.setattr(registry, "OWN", (*registry.OWN, one))
    return one


@pytest.fixture
def worker(world: World, tokenizer: Tokenizer, tmp_path: Path) -> Worker:
    def examples(project: str, target: Path, job: Job) -> None:
        if project != "posts":
            raise BadInput(f"project {project!r}: nobody has labelled anything yet")
        target.write_text('{"text": "Python", "spans": [{"start": 0, "end": 6, "label": "Snake"}]}\n')

    return Worker(world.services, world.requests, tokenizer, examples, "w2", tmp_path)


def odd_job(world: World) -> Job:
    job = world.pending()
    return world.moved(job, lambda old: replace(old, annotator="odd"))


def work(worker: Worker) -> int:
    return worker.work(threading.Event(), once=True)


def keys(world: World, job: Job) -> list[str]:
    return sorted(key.removeprefix(job.prefix) for key in world.files.objects)


def test_a_job_is_annotated_and_its_bundle_named_by_the_item(world: World, worker: Worker, tmp_path: Path) -> None:
    job = world.pending()
    assert work(worker) == 1
    done = world.now(job)
    assert (done.state, done.result, done.summary["rows"], done.summary["spans"]) == (COMPLETED, 1, 1, 1)
    assert keys(world, job) == ["0/input.txt", "1/bundle.zip", "1/log.txt"]
    world.files.download(done.bundle_key, tmp_path / "b.zip")
    with zipfile.ZipFile(tmp_path / "b.zip") as archive:
        row = json.loads(archive.read("results.jsonl"))
    assert [span["label"] for span in row["spans"]] == ["Tool"]
    assert [told["event"] for told in world.ended.told()] == ["completed:1"]
    assert world.requests.depth() == (0, 0)


def test_bad_input_ends_as_failed_with_its_reason_and_log(world: World, worker: Worker) -> None:
    job = world.opened(file_name="a.csv")
    world.files.put(job.input_key, b"id,body\n1,x\n")
    submissions.confirm(world.services, USER, job.id)
    work(worker)
    failed = world.now(job)
    assert (failed.state, "no column is called text" in failed.reason) == (FAILED, True)
    assert keys(world, job) == ["0/input.csv", "1/log.txt"]
    assert [told["event"] for told in world.ended.told()] == ["failed:1"]


@pytest.mark.parametrize(
    ("name", "body", "says"),
    [
        ("a.txt", b"", "empty"),
        ("a.txt", b"\x7fELF\0\0", "NUL bytes"),
        ("a.txt", b"x" * (MAX_LINE_BYTES + 1), "one row a line is expected"),
        ("a.txt", b"ok\nna\xefve\n", "line 2, byte 3: not UTF-8"),
        ("a.txt.gz", gzip.compress((b"word " * 200 + b"\n") * 72_000, 9), "times its size: refused"),
        ("a.txt.gz", b"no gzip", "cannot be unpacked"),
        ("a.csv", ",".join(f"c{n}" for n in range(10_000)).encode(), "10,000 columns, allowed: 500"),
    ],
)
def test_a_file_that_cannot_be_annotated_fails_its_job_and_leaves_a_log_alone(
    world: World, worker: Worker, name: str, body: bytes, says: str
) -> None:
    job = world.opened(file_name=name)
    world.files.put(job.input_key, body)
    submissions.confirm(world.services, USER, job.id)
    assert work(worker) == 1
    failed = world.now(job)
    assert (failed.state, failed.attempt, failed.strikes) == (FAILED, 1, 0)
    assert says in failed.reason
    assert keys(world, job) == [f"0/input.{job.format}", "1/log.txt"]
    assert says in world.files.objects[failed.log_key].body.decode()
    assert list(worker.folder.iterdir()) == []


def test_an_input_replaced_after_it_was_submitted_is_not_read(world: World, worker: Worker) -> None:
    job = world.pending()
    world.files.put(job.input_key, b"something else")
    work(worker)
    assert "not the one that was submitted" in world.now(job).reason


def test_an_unknown_annotator_is_said_to_be(world: World, worker: Worker) -> None:
    job = world.moved(world.pending(), lambda old: replace(old, annotator="nope"))
    work(worker)
    assert "allowed: rules, labels" in world.now(job).reason


def test_a_rules_file_of_the_users_own_is_used(world: World, worker: Worker) -> None:
    world.files.put("jobs/u/rules.txt", b"need\n")
    job = world.pending(rules="jobs/u/rules.txt")
    work(worker)
    assert world.now(job).summary["labels"] == {"Skill": 1}


@pytest.mark.parametrize(
    ("options", "says"), [({"rules": "gone.txt"}, "never arrived"), ({"other": "x"}, "annotator rules has rules")]
)
def test_an_option_that_cannot_be_had_fails_the_job(
    world: World, worker: Worker, options: dict[str, str], says: str
) -> None:
    job = world.pending(**options)
    work(worker)
    assert says in world.now(job).reason


def test_the_labels_of_a_project_annotate(world: World, worker: Worker) -> None:
    job = world.moved(world.pending(examples="posts"), lambda old: replace(old, annotator="labels"))
    work(worker)
    assert world.now(job).summary["labels"] == {"Snake": 1}


def test_a_repeated_request_makes_no_second_run(world: World, worker: Worker) -> None:
    job = world.pending()
    world.services.request(world.now(job))
    assert work(worker) == 2
    assert world.now(job).attempt == 1
    assert len(world.ended.told()) == 1


def test_a_request_for_a_job_that_is_gone_is_put_away(world: World, worker: Worker) -> None:
    job = world.pending()
    submissions.delete(world.services, USER, job.id)
    work(worker)
    assert world.requests.depth() == (0, 0)


def test_a_request_that_cannot_be_read_stays_for_the_dead_letter_queue(world: World, worker: Worker) -> None:
    world.requests.send([Message("{"), Message('{"schema": "job-requested/2", "user": "u"}')])
    work(worker)
    assert world.requests.depth() == (0, 2)


def test_a_job_that_another_worker_is_at_is_left_to_it(world: World, worker: Worker) -> None:
    job = world.running()
    work(worker)
    assert (world.now(job).worker, world.requests.depth()) == ("w1", (0, 1))


def test_a_job_whose_worker_was_lost_is_taken_over(world: World, worker: Worker) -> None:
    job = world.running()
    world.files.put(job.key(1, "bundle.zip"), b"half")
    world.clock.forward(61)
    work(worker)
    done = world.now(job)
    assert (done.state, done.result, done.strikes) == (COMPLETED, 2, 1)
    assert keys(world, job) == ["0/input.txt", "2/bundle.zip", "2/log.txt"]


def test_an_overtaken_worker_takes_away_what_it_wrote(world: World, worker: Worker, odd: Odd) -> None:
    job = odd_job(world)

    def overtake() -> None:
        old = world.now(job)
        world.moved(old, lambda old: states.give_back(old, 1, world.clock.now()))
        world.moved(old, lambda old: states.take(old, world.clock.now(), "w3"))

    odd.before = lambda: time.sleep(60)
    threading.Timer(0.5, overtake).start()
    work(worker)
    assert (world.now(job).state, world.now(job).worker) == (RUNNING, "w3")
    assert keys(world, job) == ["0/input.txt"]
    assert world.ended.told() == []


def test_a_job_cancelled_while_it_runs_stays_cancelled(world: World, worker: Worker, odd: Odd) -> None:
    job = odd_job(world)
    odd.before = lambda: time.sleep(60)  # inside one row
    cancelled: list[float] = []

    def cancel() -> None:
        submissions.cancel(world.services, USER, job.id)
        cancelled.append(time.monotonic())

    threading.Timer(0.5, cancel).start()
    work(worker)
    assert time.monotonic() - cancelled[0] < 2
    assert (world.now(job).state, keys(world, job)) == ("CANCELLED", ["0/input.txt"])


def test_a_job_deleted_while_it_runs_leaves_nothing(world: World, worker: Worker, odd: Odd) -> None:
    job = odd_job(world)
    odd.before = lambda: time.sleep(60)
    threading.Timer(0.5, lambda: submissions.delete(world.services, USER, job.id)).start()
    work(worker)
    assert (world.table.jobs, world.files.objects) == ({}, {})


def test_a_worker_told_to_stop_gives_its_job_back_at_once(world: World, worker: Worker, odd: Odd) -> None:
    job, stop = odd_job(world), threading.Event()
    odd.before = lambda: time.sleep(60)
    threading.Timer(0.5, stop.set).start()
    worker.work(stop)
    back = world.now(job)
    assert (back.state, back.strikes, world.requests.depth()) == (PENDING, 0, (1, 0))


def test_an_annotator_that_breaks_is_tried_until_the_last_strike(world: World, worker: Worker, odd: Odd) -> None:
    def breaks() -> None:
        raise ZeroDivisionError("of its own making")

    job, odd.before = odd_job(world), breaks
    assert work(worker) == states.MAX_STRIKES
    failed = world.now(job)
    assert (failed.state, failed.attempt) == (FAILED, states.MAX_STRIKES)
    assert failed.reason == "Annotator odd broke: ZeroDivisionError('of its own making')"
    assert keys(world, job) == ["0/input.txt", "5/log.txt"]


def test_a_small_job_waits_for_the_turn_of_large_ones_and_no_longer(
    world: World, worker: Worker, odd: Odd, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.jobs.worker.TURN_SECONDS", 0.3)
    odd.before, stop, began = (lambda: time.sleep(60)), threading.Event(), time.monotonic()
    large = [world.moved(world.pending(key=f"large {n}"), lambda old: replace(old, annotator="odd")) for n in range(2)]
    small = world.pending(key="small")
    thread = threading.Thread(target=worker.work, args=(stop,))
    thread.start()
    while world.now(small).state != COMPLETED and time.monotonic() - began < 20:
        time.sleep(0.05)
    waited = time.monotonic() - began
    stop.set()
    thread.join(20)
    assert waited < 5
    assert [world.now(job).state for job in (small, *large)] == [COMPLETED, PENDING, PENDING]


def spin() -> None:
    while True:
        pass


def eat() -> None:
    held = []
    while True:
        held.append(bytearray(16 << 20))


@pytest.mark.parametrize(
    ("limit", "value", "does", "says"),
    [
        ("ROW_SECONDS", 0.2, spin, "row 1 takes more than 0.2 s of a processor"),
        ("JOB_SECONDS", 1, spin, "the job takes more than 1 s of a processor"),
        ("MEMORY", 256 << 20, eat, "more than 256 MB of memory at row 1"),
    ],
)
def test_a_job_that_takes_more_than_it_may_fails_and_says_why(
    world: World, worker: Worker, odd: Odd, monkeypatch: pytest.MonkeyPatch,
    limit: str, value: float, does: Callable[[], None], says: str,
) -> None:  # fmt: skip
    monkeypatch.setattr(child, limit, value)
    job, odd.before = odd_job(world), does
    work(worker)
    failed = world.now(job)
    assert (failed.state, failed.strikes) == (FAILED, 0)
    assert says in failed.reason
    assert says in world.files.objects[failed.log_key].body.decode()


def test_an_end_that_was_not_told_is_told_by_the_next_message(world: World, worker: Worker) -> None:
    world.ended.away = True
    job = world.completed()
    world.ended.away = False
    work(worker)
    assert [told["event"] for told in world.ended.told()] == ["completed:1"]
    assert world.now(job).announced_at


def test_it_is_protected_from_before_a_job_until_none_is_left(world: World, odd: Odd, worker: Worker) -> None:
    said: list[object] = []
    worker.protect = said.append
    odd_job(world)
    work(worker)
    assert said == [True, False]
