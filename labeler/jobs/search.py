"""Jobs of all users, newest change first, found by the table's indexes: by user, else by state and time.

Pages go by key: the next begins where this one ended, however many jobs have come meanwhile.
"""

import heapq
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby

from labeler.jobs.listing import where
from pipeline.ports import JobTable
from pipeline.schema import timestamp
from pipeline.schema.job import STATES, Job

PAGE = 25
MOST_READ = 1000  # for one page: a filter that finds little goes on by the link to older jobs
READ = 100  # of one user, in one call
FIRST, LAST = "0", "~"  # before and after every time

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
# name → words, and how old at least and at most; the age of a job is how long it has been in its state
AGES: dict[str, tuple[str, timedelta | None, timedelta | None]] = {
    "hour": ("within an hour", None, _HOUR),
    "day": ("within a day", None, _DAY),
    "week": ("within a week", None, 7 * _DAY),
    "over-hour": ("for over an hour", _HOUR, None),
    "over-day": ("for over a day", _DAY, None),
    "over-week": ("for over a week", 7 * _DAY, None),
}


@dataclass(frozen=True, slots=True)
class Wanted:
    state: str = ""
    user: str = ""  # opaque id
    annotator: str = ""
    age: str = ""  # a name of `AGES`


@dataclass(frozen=True, slots=True)
class Found:
    jobs: Sequence[Job]
    older: str  # where to go on; empty at the end


def search(table: JobTable, wanted: Wanted, now: datetime, before: str = "") -> Found:
    since, until = _between(wanted.age, now)
    jobs = _of_user(table, wanted.user, where(before)) if wanted.user else _across(table, wanted, since, until, before)
    found: dict[tuple[str, str], Job] = {}  # a job that moves while it is read is met twice
    for read, job in enumerate(jobs, start=1):
        if _fits(job, wanted, since, until):
            found.setdefault((job.user, job.id), job)
        if len(found) == PAGE or read == MOST_READ:
            here = job.id if wanted.user else "/".join(_place(job))
            return Found(list(found.values()), here if next(jobs, None) else "")
    return Found(list(found.values()), "")


def _fits(job: Job, wanted: Wanted, since: str, until: str) -> bool:
    return (
        wanted.state in ("", job.state)
        and wanted.annotator in ("", job.annotator)
        and wanted.user in ("", job.user)
        and since <= job.since <= until
    )


def _of_user(table: JobTable, user: str, before: str) -> Iterator[Job]:
    """Newest first."""
    while batch := table.of_user(user, before, READ):
        yield from batch
        before = batch[-1].id


def _across(table: JobTable, wanted: Wanted, since: str, until: str, before: str) -> Iterator[Job]:
    """Those that changed last first, whatever their state. Where several changed at once, ids put them in order, so
    that the end of a page is a place of its own."""
    until = min(until, before.partition("/")[0]) if before else until
    if until < since:  # DynamoDB answers such a range with an error
        return
    states = [wanted.state] if wanted.state else STATES
    streams: Iterable[Iterator[Job]] = [table.in_state(state, since, until, newest_first=True) for state in states]
    for _, together in groupby(heapq.merge(*streams, key=_since, reverse=True), key=_since):
        for job in sorted(together, key=_place, reverse=True):
            if not before or "/".join(_place(job)) < before:
                yield job


def _since(job: Job) -> str:
    return job.since


def _place(job: Job) -> tuple[str, str, str]:
    return job.since, job.user, job.id


def _between(age: str, now: datetime) -> tuple[str, str]:
    _, least, most = AGES.get(age, ("", None, None))
    return timestamp(now - most) if most else FIRST, timestamp(now - least) if least else LAST
