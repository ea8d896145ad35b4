"""Everything that jobs are worked on with, passed as one value; and the messages they send."""

import json
from dataclasses import dataclass, replace
from datetime import datetime

from pipeline.jobs.transitions import move
from pipeline.ports import Clock, JobTable, Message, ObjectStore, Schedules, Sender
from pipeline.schema import timestamp
from pipeline.schema.job import ENDED, FREE, REQUESTED, Job, JobMessage


@dataclass(frozen=True)
class JobServices:
    table: JobTable
    files: ObjectStore
    clock: Clock
    requests: Sender  # topic job-requested
    ended: Sender  # topic job-ended
    schedules: Schedules
    retention_seconds: float = 1800  # of a result on the free plan
    archive_class: str = "GLACIER"

    def now(self) -> datetime:
        return self.clock.now()

    def plan(self, user: str) -> str:
        owner = self.table.owner(user)
        return owner.plan if owner else FREE

    def request(self, job: Job) -> Job:
        """Asks for a worker. When that fails the sweep asks again: the job is PENDING and not marked as queued."""
        if not publish(self.requests, JobMessage(REQUESTED, job.user, job.id), job.trace_id):
            return job
        queued = timestamp(self.now())
        return move(self.table, job.user, job.id, lambda now: replace(now, queued_at=queued))

    def announce(self, job: Job, kind: str, number: int) -> Job:
        """Tells that a job ended; may come twice for one end. Readers know a repeat by `event`."""
        message = JobMessage(ENDED, job.user, job.id, f"{kind}:{number}")
        if not publish(self.ended, message, job.trace_id):
            return job
        announced = timestamp(self.now())
        return move(self.table, job.user, job.id, lambda now: replace(now, announced_at=announced))


def publish(sender: Sender, message: JobMessage, trace_id: str) -> bool:
    """False when it was not confirmed."""
    return not sender.send([Message(json.dumps(message.to_json()), {"trace_id": trace_id})])
