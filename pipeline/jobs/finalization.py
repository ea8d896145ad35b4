"""What follows the end of a job: leftovers of other attempts go, its retention is planned, the end is told."""

import json
from dataclasses import replace
from datetime import datetime, timedelta

from pipeline.jobs.services import JobServices
from pipeline.jobs.transitions import move
from pipeline.schema import timestamp
from pipeline.schema.job import CANCELLED, FAILED, FREE, RETIRE, Job, JobMessage


def finalize(services: JobServices, job: Job) -> Job:
    """All of it, in an order that can be run again from the start after a crash."""
    delete_leftovers(services, job)
    if job.state == CANCELLED:  # its owner knows
        done = timestamp(services.now())
        return move(services.table, job.user, job.id, lambda old: replace(old, announced_at=done))
    if job.state == FAILED:
        return services.announce(job, "failed", job.attempt)
    job = plan_retirement(services, job)
    if job.restores:
        return services.announce(job, "restored", job.restores)
    return services.announce(job, "completed", job.result)


def delete_leftovers(services: JobServices, job: Job) -> None:
    """Deletes what attempts other than the one that counts have left. Attempt 0 is the input."""
    counts = 0 if job.state == CANCELLED else job.result or job.attempt
    for listed in list(services.files.list(job.prefix)):
        if listed.key.removeprefix(job.prefix).split("/", 1)[0] not in ("0", str(counts)):
            services.files.delete(listed.key)


def plan_retirement(services: JobServices, job: Job) -> Job:
    """On the free plan, until when the result is kept, and a schedule for then."""
    if services.plan(job.user) != FREE:
        return job
    if not job.keep_until or job.keep_until < job.since:
        until = timestamp(datetime.fromisoformat(job.since) + timedelta(seconds=services.retention_seconds))
        job = move(services.table, job.user, job.id, lambda old: replace(old, keep_until=until))
    at = datetime.fromisoformat(job.keep_until)
    services.schedules.once(
        f"retire-{job.id}-{int(at.timestamp())}",
        at + timedelta(seconds=1),  # schedules know whole seconds; never before its time
        json.dumps(JobMessage(RETIRE, job.user, job.id).to_json()),
    )
    return job
