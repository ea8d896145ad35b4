"""What follows the end of a job: leftovers of other attempts go, its retention is planned, the end is told."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.schema import timestamp

from .job import CANCELLED, FAILED, FREE, RETIRE, Job, Told
from .moves import move
from .office import Office


def close(office: Office, job: Job) -> Job:
    """All of it, in an order that can be run again from the start after a crash."""
    tidy(office, job)
    if job.state == CANCELLED:  # its owner knows
        done = timestamp(office.now())
        return move(office.table, job.user, job.id, lambda old: replace(old, announced_at=done))
    if job.state == FAILED:
        return office.announce(job, "failed", job.attempt)
    job = plan_retirement(office, job)
    if job.restores:
        return office.announce(job, "restored", job.restores)
    return office.announce(job, "completed", job.result)


def tidy(office: Office, job: Job) -> None:
    """Deletes what attempts other than the one that counts have left. Attempt 0 is the input."""
    counts = 0 if job.state == CANCELLED else job.result or job.attempt
    for key in list(office.files.list(job.prefix)):
        if key.removeprefix(job.prefix).split("/", 1)[0] not in ("0", str(counts)):
            office.files.delete(key)


def plan_retirement(office: Office, job: Job) -> Job:
    """On the free plan, until when the result is kept, and a schedule for then."""
    if office.plan(job.user) != FREE:
        return job
    if not job.keep_until or job.keep_until < job.since:
        until = timestamp(datetime.fromisoformat(job.since) + timedelta(seconds=office.retention_seconds))
        job = move(office.table, job.user, job.id, lambda old: replace(old, keep_until=until))
    at = datetime.fromisoformat(job.keep_until)
    office.schedules.once(
        f"retire-{job.id}-{int(at.timestamp())}",
        at + timedelta(seconds=1),  # schedules know whole seconds; never before its time
        json.dumps(Told(RETIRE, job.user, job.id).to_json()),
    )
    return job
