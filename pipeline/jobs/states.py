"""How a job moves: pure functions from a job to the job after it. `table` writes them by conditional update.

An attempt is fenced: what a worker says counts only while the job runs under the attempt it was given.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

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
)

UPLOAD_SECONDS = 24 * 3600
HEARTBEAT_SECONDS = 60  # a worker not heard of for as long is taken to be gone
MAX_STRIKES = 5
MOST_EVENTS = 100  # kept in a job: one that is retried over and over shall still fit its item

Change = Callable[[Job], Job]

# event → states it may come in, state after it
MOVES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "confirm": ((UPLOADING,), PENDING),
    "expire": ((UPLOADING,), CANCELLED),
    "take": ((PENDING,), RUNNING),
    "complete": ((RUNNING,), COMPLETED),
    "give back": ((RUNNING,), PENDING),
    "fail": ((RUNNING,), FAILED),
    "cancel": ((PENDING, RUNNING), CANCELLED),
    "retry": ((FAILED,), PENDING),
    "retire": ((COMPLETED,), ARCHIVING),
    "archive": ((ARCHIVING,), ARCHIVED),
    "keep": ((ARCHIVING,), COMPLETED),
    "thaw": ((ARCHIVED,), THAWING),
    "restore": ((THAWING,), COMPLETED),
    "refuse": ((THAWING,), ARCHIVED),
    "delete": (tuple(state for state in STATES if state not in (RUNNING, DELETING)), DELETING),
}


class NotAllowed(Exception):
    """A job cannot do this where it stands now; whoever asked has been overtaken."""


def _move(job: Job, event: str, now: datetime, *, detail: str = "", **changes: Any) -> Job:
    """`detail`: what admins read beside the event, as who took the job or why it failed."""
    allowed, after = MOVES[event]
    if job.state not in allowed:
        raise NotAllowed(f"{event} a job that is {job.state}, allowed: {', '.join(allowed)}")
    at, attempt = timestamp(now), changes.get("attempt", job.attempt)
    noted = {"at": at, "event": event, "state": after, "attempt": attempt, "detail": detail[:1000]}
    return replace(job, state=after, since=at, events=(*job.events, noted)[-MOST_EVENTS:], **changes)


def _fenced(job: Job, attempt: int) -> None:
    if job.state != RUNNING or job.attempt != attempt:
        raise NotAllowed(f"attempt {attempt} of a job that is {job.state} in attempt {job.attempt}")


def confirm(job: Job, now: datetime, size: int, etag: str) -> Job:
    return _move(job, "confirm", now, size=size, etag=etag)


def expire(job: Job, now: datetime) -> Job:
    if _age(job.since, now) < UPLOAD_SECONDS:
        raise NotAllowed("an upload has a day")
    reason = "The upload was never finished."
    return _move(job, "expire", now, detail=reason, reason=reason)


def take(job: Job, now: datetime, worker: str) -> Job:
    return _move(
        job, "take", now, detail=worker, attempt=job.attempt + 1, worker=worker, heartbeat_at=timestamp(now),
        rows_done=0, rows_total=0,
    )  # fmt: skip


def beat(job: Job, attempt: int, now: datetime, done: int, total: int) -> Job:
    _fenced(job, attempt)
    return replace(job, heartbeat_at=timestamp(now), rows_done=done, rows_total=total)


def complete(job: Job, attempt: int, now: datetime, summary: Mapping[str, Any]) -> Job:
    _fenced(job, attempt)
    rows = int(summary.get("rows", 0))
    return _move(
        job, "complete", now, result=attempt, summary=summary, reason="", finished_at=timestamp(now),
        announced_at="", rows_done=rows, rows_total=rows,
    )  # fmt: skip


def give_back(job: Job, attempt: int, now: datetime) -> Job:
    """The worker was told to stop: somebody else shall take the job, and nothing is held against it."""
    _fenced(job, attempt)
    return _move(job, "give back", now, detail="The worker was told to stop.", queued_at="")


def strike(job: Job, attempt: int, now: datetime, reason: str, last: str = "") -> Job:
    """An attempt ended without an answer: once more, or FAILED when it was the last, then for the reason `last`."""
    _fenced(job, attempt)
    if job.strikes + 1 >= MAX_STRIKES:
        return fail(replace(job, strikes=job.strikes + 1), attempt, now, last or reason)
    return _move(job, "give back", now, detail=reason, queued_at="", strikes=job.strikes + 1)


def lose(job: Job, now: datetime, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> Job:
    """The worker is gone: its heartbeat is over."""
    if job.state == RUNNING and _age(job.heartbeat_at, now) < heartbeat_seconds:
        raise NotAllowed("its worker was heard of")
    return strike(job, job.attempt, now, "The worker was lost.", f"{MAX_STRIKES} workers were lost on it.")


def fail(job: Job, attempt: int, now: datetime, reason: str) -> Job:
    _fenced(job, attempt)
    return _move(job, "fail", now, detail=reason, reason=reason[:1000], finished_at=timestamp(now), announced_at="")


def cancel(job: Job, now: datetime, reason: str = "") -> Job:
    """`reason`: for its owner, where somebody else does it."""
    return _move(job, "cancel", now, detail=reason, reason=reason, finished_at=timestamp(now), announced_at="")


def retry(job: Job, now: datetime, detail: str = "") -> Job:
    return _move(job, "retry", now, detail=detail, strikes=0, reason="", queued_at="", finished_at="")


def retire(job: Job, now: datetime, plan: str) -> Job:
    if plan != FREE:
        raise NotAllowed(f"the plan is {plan}")
    if job.state == COMPLETED and (not job.keep_until or timestamp(now) < job.keep_until):
        raise NotAllowed("its time is not over")
    return _move(job, "retire", now)


def archive(job: Job, now: datetime) -> Job:
    return _move(job, "archive", now, archived_at=timestamp(now))


def keep(job: Job, now: datetime, plan: str) -> Job:
    """The owner upgraded before the copy was made."""
    _premium(plan)
    return _move(job, "keep", now, keep_until="")


def thaw(job: Job, now: datetime, plan: str) -> Job:
    _premium(plan)
    return _move(job, "thaw", now, thaw_tier="")


def restore(job: Job, now: datetime) -> Job:
    """Back to stay; on a plan that has meanwhile ended it is kept as long as a new result."""
    return _move(
        job, "restore", now, archived_at="", thaw_tier="", announced_at="", keep_until="", restores=job.restores + 1
    )  # fmt: skip


def refuse(job: Job, now: datetime) -> Job:
    return _move(job, "refuse", now, thaw_tier="")


def delete(job: Job, now: datetime) -> Job:
    return _move(job, "delete", now)


def _premium(plan: str) -> None:
    if plan != PREMIUM:
        raise NotAllowed(f"the plan is {plan}")


def _age(since: str, now: datetime) -> float:
    """Seconds; without end where `since` is empty."""
    return (now - datetime.fromisoformat(since)).total_seconds() if since else float("inf")
