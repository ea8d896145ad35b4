"""The ports of `pipeline.ports` that jobs alone need, filled by plain memory."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from pipeline.schema.job import Doubt, Job, Owner


class MemoryJobs:
    def __init__(self) -> None:
        self.jobs: dict[tuple[str, str], Job] = {}
        self.owners: dict[str, Owner] = {}
        self.doubted: set[Doubt] = set()
        self._lock = threading.Lock()

    def get(self, user: str, job: str) -> Job | None:
        return self.jobs.get((user, job))

    def put_new(self, job: Job) -> bool:
        with self._lock:
            if (job.user, job.id) in self.jobs:
                return False
            self.jobs[job.user, job.id] = job
            return True

    def replace(self, old: Job, new: Job) -> bool:
        with self._lock:
            stored = self.jobs.get((old.user, old.id))
            if stored is None or stored.version != old.version:
                return False
            self.jobs[old.user, old.id] = replace(new, version=old.version + 1)
            return True

    def remove(self, job: Job) -> bool:
        with self._lock:
            stored = self.jobs.get((job.user, job.id))
            if stored is None or stored.version != job.version:
                return False
            del self.jobs[job.user, job.id]
            return True

    def of_user(self, user: str, before: str = "", limit: int = 50) -> list[Job]:
        found = [one for one in self.jobs.values() if one.user == user and (not before or one.id < before)]
        return sorted(found, key=lambda job: job.id, reverse=True)[:limit]

    def in_state(self, state: str, since: str, until: str, newest_first: bool = False) -> Iterator[Job]:
        found = [one for one in self.jobs.values() if one.state == state and since <= one.since <= until]
        yield from sorted(found, key=lambda job: job.since, reverse=newest_first)

    def owner(self, user: str) -> Owner | None:
        return self.owners.get(user)

    def put_owner(self, owner: Owner) -> bool:
        stored = self.owners.get(owner.user)
        if stored and stored.n >= owner.n:
            return False
        self.owners[owner.user] = owner
        return True

    def remove_owner(self, user: str) -> None:
        self.owners.pop(user, None)

    def put_doubt(self, doubt: Doubt) -> None:
        self.doubted.add(doubt)

    def doubts(self, limit: int) -> list[Doubt]:
        return sorted(self.doubted, key=lambda one: (one.job, one.event))[:limit]

    def remove_doubt(self, doubt: Doubt) -> None:
        self.doubted.discard(doubt)


@dataclass
class MemoryMailer:
    sent: list[tuple[str, str, str, str]] = field(default_factory=list)

    def send(self, to: str, subject: str, text: str, html: str) -> None:
        self.sent.append((to, subject, text, html))


@dataclass
class MemorySchedules:
    planned: dict[str, tuple[datetime, str]] = field(default_factory=dict)

    def once(self, name: str, at: datetime, body: str) -> None:
        self.planned.setdefault(name, (at, body))
