"""Moves stored jobs: read, apply a pure move, write if nobody was quicker, and again."""

from dataclasses import replace

from pipeline.jobs.states import Change, NotAllowed
from pipeline.ports import JobTable
from pipeline.schema.job import Job

TRIES = 20


def move(table: JobTable, user: str, job: str, change: Change) -> Job:
    """The job as written. Raises `NotAllowed` when it cannot move so, or there is none."""
    for _ in range(TRIES):
        old = table.get(user, job)
        if old is None:
            raise NotAllowed("there is no such job")
        if written := write(table, old, change(old)):
            return written
    raise NotAllowed(f"others wrote it {TRIES} times over")


def write(table: JobTable, old: Job, new: Job) -> Job | None:
    """None when somebody was quicker."""
    if new == old:
        return old
    return replace(new, version=old.version + 1) if table.replace(old, new) else None
