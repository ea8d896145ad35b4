"""Every row of the table of states, and that nothing else is a move."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.jobs import states
from pipeline.schema import timestamp
from pipeline.schema.job import (
    ARCHIVED,
    ARCHIVING,
    CANCELLED,
    COMPLETED,
    DELETING,
    FAILED,
    FREE,
    PENDING,
    PREMIUM,
    RUNNING,
    STATES,
    THAWING,
    UPLOADING,
    Job,
    job_id,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)
DAY_AGO = timestamp(NOW - timedelta(days=1))

# How each event is asked for, of a job whose attempt is 1 and whose times are all over.
ASKED: Mapping[str, Callable[[Job], Job]] = {
    "confirm": lambda job: states.confirm(job, NOW, 5, "etag"),
    "expire": lambda job: states.expire(job, NOW),
    "take": lambda job: states.take(job, NOW, "w"),
    "complete": lambda job: states.complete(job, 1, NOW, {"rows": 2}),
    "give back": lambda job: states.give_back(job, 1, NOW),
    "lose": lambda job: states.lose(job, NOW),
    "strike": lambda job: states.strike(job, 1, NOW, "broke"),
    "fail": lambda job: states.fail(job, 1, NOW, "no text"),
    "cancel": lambda job: states.cancel(job, NOW),
    "retry": lambda job: states.retry(job, NOW),
    "retire": lambda job: states.retire(job, NOW, FREE),
    "archive": lambda job: states.archive(job, NOW),
    "keep": lambda job: states.keep(job, NOW, PREMIUM),
    "thaw": lambda job: states.thaw(job, NOW, PREMIUM),
    "restore": lambda job: states.restore(job, NOW),
    "refuse": lambda job: states.refuse(job, NOW),
    "delete": lambda job: states.delete(job, NOW),
}
TABLE = {
    ("confirm", UPLOADING): PENDING,
    ("expire", UPLOADING): CANCELLED,
    ("take", PENDING): RUNNING,
    ("complete", RUNNING): COMPLETED,
    ("give back", RUNNING): PENDING,
    ("lose", RUNNING): PENDING,
    ("strike", RUNNING): PENDING,
    ("fail", RUNNING): FAILED,
    ("cancel", PENDING): CANCELLED,
    ("cancel", RUNNING): CANCELLED,
    ("retry", FAILED): PENDING,
    ("retire", COMPLETED): ARCHIVING,
    ("archive", ARCHIVING): ARCHIVED,
    ("keep", ARCHIVING): COMPLETED,
    ("thaw", ARCHIVED): THAWING,
    ("restore", THAWING): COMPLETED,
    ("refuse", THAWING): ARCHIVED,
    **{("delete", state): DELETING for state in STATES if state not in (RUNNING, DELETING)},
}


def job(state: str, **changes: object) -> Job:
    made = Job(
        user="u", id=job_id(NOW), state=state, since=DAY_AGO, version=1, created_at=DAY_AGO, annotator="rules",
        file_name="a.txt", format="txt", attempt=1, heartbeat_at=DAY_AGO, keep_until=DAY_AGO,
    )  # fmt: skip
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(("event", "state"), list(TABLE))
def test_each_row_of_the_table_moves(event: str, state: str) -> None:
    moved = ASKED[event](job(state))
    assert (moved.state, moved.since) == (TABLE[event, state], timestamp(NOW))


@pytest.mark.parametrize(
    ("event", "state"), [(event, state) for event in ASKED for state in STATES if (event, state) not in TABLE]
)
def test_no_other_move_is_allowed(event: str, state: str) -> None:
    with pytest.raises(states.NotAllowed):
        ASKED[event](job(state))


def test_an_upload_has_a_day() -> None:
    with pytest.raises(states.NotAllowed):
        states.expire(job(UPLOADING, since=timestamp(NOW - timedelta(hours=23))), NOW)


def test_a_take_counts_the_attempt_and_begins_its_heartbeat() -> None:
    taken = states.take(job(PENDING), NOW, "w2")
    assert (taken.attempt, taken.worker, taken.heartbeat_at) == (2, "w2", timestamp(NOW))


@pytest.mark.parametrize("event", ["complete", "give back", "strike", "fail"])
def test_an_overtaken_attempt_says_nothing(event: str) -> None:
    with pytest.raises(states.NotAllowed):
        ASKED[event](job(RUNNING, attempt=2))


def test_a_heartbeat_of_an_overtaken_attempt_is_refused() -> None:
    with pytest.raises(states.NotAllowed):
        states.beat(job(RUNNING, attempt=2), 1, NOW, 1, 2)


def test_a_worker_that_was_heard_of_is_not_lost() -> None:
    with pytest.raises(states.NotAllowed):
        states.lose(job(RUNNING, heartbeat_at=timestamp(NOW - timedelta(seconds=59))), NOW)


def test_a_result_names_its_attempt() -> None:
    done = states.complete(job(RUNNING, attempt=3), 3, NOW, {"rows": 2})
    assert (done.result, done.rows_done) == (3, 2)


def test_a_stopped_worker_is_no_strike_and_a_lost_one_is() -> None:
    assert states.give_back(job(RUNNING), 1, NOW).strikes == 0
    assert states.lose(job(RUNNING), NOW).strikes == 1


def test_the_last_strike_fails_with_its_reason() -> None:
    failed = states.strike(job(RUNNING, strikes=states.MAX_STRIKES - 1), 1, NOW, "broke")
    assert (failed.state, failed.reason) == (FAILED, "broke")


def test_a_retry_begins_without_strikes() -> None:
    assert states.retry(job(FAILED, strikes=5, reason="broke"), NOW).strikes == 0


def test_a_result_is_not_retired_before_its_time() -> None:
    later = timestamp(NOW + timedelta(seconds=1))
    for keep_until in (later, ""):
        with pytest.raises(states.NotAllowed):
            states.retire(job(COMPLETED, keep_until=keep_until), NOW, FREE)


def test_plans_decide_about_the_archive() -> None:
    for asked, state in ((states.thaw, ARCHIVED), (states.keep, ARCHIVING)):
        with pytest.raises(states.NotAllowed, match="free"):
            asked(job(state), NOW, FREE)
    with pytest.raises(states.NotAllowed, match="premium"):
        states.retire(job(COMPLETED), NOW, PREMIUM)


def test_every_move_is_noted_with_its_attempt_and_why() -> None:
    taken = states.take(job(PENDING), NOW, "w2")
    lost = states.lose(replace(taken, heartbeat_at=DAY_AGO), NOW)
    failed = states.fail(states.take(lost, NOW, "w3"), 3, NOW, "No text.")
    assert [(one["event"], one["state"], one["attempt"], one["detail"]) for one in failed.events] == [
        ("take", RUNNING, 2, "w2"),
        ("give back", PENDING, 2, "The worker was lost."),
        ("take", RUNNING, 3, "w3"),
        ("fail", FAILED, 3, "No text."),
    ]


def test_a_job_that_is_tried_over_and_over_keeps_its_newest_events() -> None:
    made = job(FAILED)
    for _ in range(states.MOST_EVENTS):
        made = states.fail(states.take(states.retry(made, NOW), NOW, "w"), made.attempt + 1, NOW, "x")
    assert len(made.events) == states.MOST_EVENTS
    assert made.events[-1]["event"] == "fail"


def test_ids_sort_by_time() -> None:
    ids = [job_id(NOW + timedelta(milliseconds=step)) for step in range(0, 100_000, 997)]
    assert ids == sorted(ids)
    assert {len(one) for one in ids} == {20}


def test_a_job_is_read_as_it_was_written() -> None:
    made = job(COMPLETED, options={"rules": "k"}, summary={"rows": 1}, mails={"completed:1": "sent"})
    made = states.delete(made, NOW)
    newer = {**made.to_json(), "from_the_future": 1}
    read = Job.from_json(newer)
    assert (read, read.to_json()) == (made, newer)
