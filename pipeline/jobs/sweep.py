"""Behind every message that moves a job stands this sweep, so that a lost one costs a delay and nothing else.

The third kind of message, a change of plan, is told again by the application, which keeps it until it is confirmed.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from pipeline.jobs.finalization import finalize
from pipeline.jobs.services import JobServices
from pipeline.jobs.submissions import erase
from pipeline.jobs.transitions import move
from pipeline.ports import ObjectMissing, StoreUnavailable
from pipeline.schema import timestamp
from pipeline.schema.job import (
    ARCHIVING,
    CANCELLED,
    COMPLETED,
    DELETING,
    FAILED,
    PENDING,
    RUNNING,
    THAWING,
    UPLOADING,
    Job,
)

from . import states
from .retention import retire, thaw

REQUEST_AGAIN = 3600  # seconds after which a waiting job is asked for again; a second message does no harm
SETTLE = 60  # seconds in which whoever moved a job goes on by itself
WINDOW = 30 * 86_400  # seconds: what ended longer ago has been seen by thousands of sweeps


@dataclass
class Swept:
    """How many jobs were helped on, by what was missing; and errors, one a job."""

    counts: dict[str, int] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def sweep(services: JobServices, heartbeat_seconds: float = states.HEARTBEAT_SECONDS) -> Swept:
    """One pass over all jobs that wait for somebody."""
    run = _Sweep(services, heartbeat_seconds)
    now = services.now()
    asked_before = timestamp(now - timedelta(seconds=REQUEST_AGAIN))
    due = timestamp(now - timedelta(seconds=SETTLE))
    run.help_on("upload never finished", run.older(UPLOADING, states.UPLOAD_SECONDS), run.expire)
    run.help_on("worker lost", run.older(RUNNING, heartbeat_seconds), run.lose)
    waiting = (job for job in run.older(PENDING, SETTLE) if job.queued_at < asked_before)
    run.help_on("not queued", waiting, services.request)
    for state in (COMPLETED, FAILED, CANCELLED):
        ended = (job for job in run.older(state, SETTLE) if not job.announced_at)
        run.help_on("end not told", ended, lambda job: finalize(services, job))
    overdue = (job for job in run.older(COMPLETED, SETTLE) if job.keep_until and job.keep_until <= due)
    run.help_on("not archived", overdue, lambda job: retire(services, job.user, job.id))
    run.help_on("not archived", run.older(ARCHIVING, SETTLE), lambda job: retire(services, job.user, job.id))
    run.help_on("not restored", run.older(THAWING, SETTLE), lambda job: thaw(services, job))
    run.help_on("not deleted", run.older(DELETING, SETTLE), lambda job: erase(services, job))
    return run.swept


def request_waiting(services: JobServices) -> int:
    """Asks for a worker for every job that waits for one, after queues have lost messages. How many were asked for."""
    run = _Sweep(services, 0)
    run.help_on("requested", run.older(PENDING, 0), services.request)
    for error in run.swept.errors:
        raise StoreUnavailable(error)
    return run.swept.counts.get("requested", 0)


class _Sweep:
    def __init__(self, services: JobServices, heartbeat_seconds: float) -> None:
        self.services, self.heartbeat_seconds = services, heartbeat_seconds
        self.swept = Swept()

    def older(self, state: str, seconds: float) -> list[Job]:
        now = self.services.now()
        first = timestamp(now - timedelta(seconds=WINDOW + seconds))
        return list(self.services.table.in_state(state, first, timestamp(now - timedelta(seconds=seconds))))

    def help_on(self, name: str, jobs: Iterable[Job], step: Callable[[Job], object]) -> None:
        for job in jobs:
            try:
                step(job)
                self.swept.counts[name] = self.swept.counts.get(name, 0) + 1
            except states.NotAllowed:
                continue  # it has moved on by itself
            except (ObjectMissing, StoreUnavailable) as error:
                self.swept.errors.append(f"{name}: {job.user}/{job.id}: {error}")

    def expire(self, job: Job) -> None:
        move(self.services.table, job.user, job.id, lambda old: states.expire(old, self.services.now()))

    def lose(self, job: Job) -> None:
        def change(old: Job) -> Job:
            return states.lose(old, self.services.now(), self.heartbeat_seconds)

        lost = move(self.services.table, job.user, job.id, change)
        if lost.state == PENDING:
            self.services.request(lost)
        else:
            finalize(self.services, lost)
