"""All that jobs are worked on with, in memory, with a clock that stands still."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from pipeline.jobs import states, submissions
from pipeline.jobs.finalization import finalize
from pipeline.jobs.services import JobServices
from pipeline.jobs.transitions import move
from pipeline.schema import timestamp
from pipeline.schema.job import FREE, Job, Owner
from tests.fakes.jobs import MemoryJobs, MemoryMailer, MemorySchedules
from tests.fakes.memory import MemoryClock, MemoryQueue, MemoryStore

USER = "u" * 26


class Refusing(MemoryQueue):
    """A topic that can be told to confirm nothing."""

    away = False

    def send(self, messages: Any) -> list[int]:
        return list(range(len(messages))) if self.away else super().send(messages)

    def told(self) -> list[dict[str, str]]:
        """Everything that is waiting, taken out."""
        found = self.receive(10)
        self.delete([one.receipt for one in found])
        return [json.loads(one.body) for one in found]


@dataclass
class World:
    """The services, their parts under their own types, and jobs in any state."""

    services: JobServices
    table: MemoryJobs
    files: MemoryStore
    clock: MemoryClock
    requests: Refusing
    ended: Refusing
    plans: Refusing
    mails: Refusing
    schedules: MemorySchedules
    mailer: MemoryMailer

    def plan(self, plan: str, n: int = 1) -> None:
        self.table.put_owner(Owner(USER, n, plan, "ada@example.org"))

    def opened(self, key: str = "k", file_name: str = "posts.txt", **options: str) -> Job:
        return submissions.open_job(
            self.services, USER, self.clock.now(), key,
            file_name=file_name, size=4, most=1_000_000, annotator="rules", options=options,
        )  # fmt: skip

    def pending(self, **more: str) -> Job:
        job = self.opened(**more)
        self.files.put(job.input_key, b"We need Python.\n")
        return submissions.confirm(self.services, USER, job.id)

    def running(self, **more: str) -> Job:
        job = self.pending(**more)
        return self.moved(job, lambda old: states.take(old, self.clock.now(), "w1"))

    def completed(self, **more: str) -> Job:
        job = self.running(**more)
        self.files.put(job.key(1, "bundle.zip"), b"zip")
        self.files.put(job.key(1, "log.txt"), b"log")
        done = self.moved(job, lambda old: states.complete(old, 1, self.clock.now(), {"rows": 1, "spans": 1}))
        return finalize(self.services, done)

    def failed(self, **more: str) -> Job:
        job = self.running(**more)
        return finalize(self.services, self.moved(job, lambda old: states.fail(old, 1, self.clock.now(), "No text.")))

    def at(self, job: Job, state: str, **changes: Any) -> Job:
        """The job put into a state by force, to begin a story there."""
        return self.moved(job, lambda old: replace(old, state=state, since=self._time(), **changes))

    def moved(self, job: Job, change: Callable[[Job], Job]) -> Job:
        return move(self.table, job.user, job.id, change)

    def now(self, job: Job) -> Job:
        found = self.table.get(job.user, job.id)
        assert found is not None
        return found

    def _time(self) -> str:
        return timestamp(self.clock.now())


def made() -> World:
    clock, table, files = MemoryClock(), MemoryJobs(), MemoryStore("https://files.example")
    requests, ended, schedules = Refusing(clock), Refusing(clock), MemorySchedules()
    services = JobServices(table, files, clock, requests, ended, schedules)
    world = World(
        services, table, files, clock, requests, ended, Refusing(clock), Refusing(clock), schedules, MemoryMailer()
    )
    world.plan(FREE)
    return world
