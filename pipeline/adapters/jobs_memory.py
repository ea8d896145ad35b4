"""The ports of jobs in memory, for tests: the same behaviour, no network."""

import contextlib
import hashlib
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from pipeline.jobs.job import Doubt, Job, Owner
from pipeline.jobs.ports import STANDARD, Head, InputChanged, RestoreRefused
from pipeline.ports import ObjectMissing


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
class _File:
    body: bytes
    storage_class: str = STANDARD
    restored: bool = False
    restoring: bool = False


@dataclass
class MemoryFiles:
    files: dict[str, _File] = field(default_factory=dict)
    refused_tiers: set[str] = field(default_factory=set)

    def put(self, key: str, body: bytes) -> None:
        self.files[key] = _File(body)

    def land(self, key: str) -> None:
        """The restore of an object has come."""
        self.files[key].restoring, self.files[key].restored = False, True

    def head(self, key: str) -> Head:
        file = self._file(key)
        return Head(len(file.body), _etag(file.body), file.storage_class, file.restored, file.restoring)

    def download(self, key: str, path: Path, etag: str = "") -> None:
        file = self._file(key)
        if etag and _etag(file.body) != etag:
            raise InputChanged(key)
        path.write_bytes(file.body)

    def upload(self, path: Path, key: str, content_type: str) -> None:
        self.put(key, path.read_bytes())

    def change_class(self, key: str, storage_class: str) -> None:
        file = self._file(key)
        if file.storage_class != STANDARD and not file.restored:
            raise RestoreRefused(f"{key} is archived and not restored")
        self.files[key] = _File(file.body, storage_class)

    def restore(self, key: str, tier: str, days: int) -> None:
        if tier in self.refused_tiers:
            raise RestoreRefused(f"{key}: {tier}")
        file = self._file(key)
        if not file.restored:
            file.restoring = True

    def list(self, prefix: str) -> Iterator[str]:
        yield from sorted(key for key in self.files if key.startswith(prefix))

    def delete(self, key: str) -> None:
        with contextlib.suppress(KeyError):
            del self.files[key]

    def post_form(self, key: str, most: int, seconds: int, back_to: str = "") -> tuple[str, Mapping[str, str]]:
        return "https://files.example", {"key": key, **({"success_action_redirect": back_to} if back_to else {})}

    def link(self, key: str, file_name: str, seconds: int) -> str:
        return f"https://files.example/{key}"

    def _file(self, key: str) -> _File:
        try:
            return self.files[key]
        except KeyError:
            raise ObjectMissing(key) from None


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


def _etag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'
