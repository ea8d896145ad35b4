"""The ports of `pipeline.ports` filled by plain memory. Thread-safe."""

import hashlib
import itertools
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pipeline.adapters.messaging import pack
from pipeline.ports import (
    CLAIM_SECONDS,
    STANDARD,
    Clock,
    Head,
    Listed,
    Message,
    ObjectChanged,
    ObjectExists,
    ObjectMissing,
    Received,
    RestoreRefused,
    Sighting,
    StoredObject,
)
from pipeline.schema import timestamp


class MemoryClock:
    """Stands still until it is moved."""

    def __init__(self, at: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._now = at

    def now(self) -> datetime:
        return self._now

    def forward(self, seconds: float) -> None:
        self._now += timedelta(seconds=seconds)


@dataclass(frozen=True)
class _Object:
    body: bytes
    etag: str
    storage_class: str = STANDARD
    restored: bool = False
    restoring: bool = False


class MemoryStore:
    """One bucket. `address`: where browsers reach it; none: they do not."""

    def __init__(self, address: str = "") -> None:
        self.refused_tiers: set[str] = set()  # of restores
        self._address = address
        self.objects: dict[str, _Object] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> StoredObject:
        found = self._found(key)
        return StoredObject(found.body, found.etag)

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        found = self.get(key)
        return None if found.etag == etag else found

    def get_range(self, key: str, start: int, length: int) -> bytes:
        return self.get(key).body[start : start + max(length, 0)]

    def head(self, key: str) -> Head:
        found = self._found(key)
        return Head(len(found.body), found.etag, found.storage_class, found.restored, found.restoring)

    def download(self, key: str, path: Path, etag: str = "") -> None:
        found = self._found(key)
        if etag and found.etag != etag:
            raise ObjectChanged(key)
        path.write_bytes(found.body)

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        self.objects[key] = _Object(body, _etag(body))

    def put_new(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        with self._lock:
            if key in self.objects:
                raise ObjectExists(key)
            self.put(key, body, content_type)

    def list(self, prefix: str, start_after: str = "") -> Iterator[Listed]:
        # S3 sorts keys by their UTF-8 bytes, as code points do.
        for key in sorted(self.objects):
            if key.startswith(prefix) and key > start_after and (found := self.objects.get(key)):
                yield Listed(key, len(found.body), found.etag)

    def delete(self, key: str) -> None:
        self.objects.pop(key, None)

    def upload(self, path: Path, key: str, content_type: str) -> None:
        self.put(key, path.read_bytes(), content_type)

    def change_class(self, key: str, storage_class: str) -> None:
        found = self._found(key)
        if found.storage_class != STANDARD and not found.restored:
            raise RestoreRefused(f"{key} is archived and not restored")
        self.objects[key] = _Object(found.body, found.etag, storage_class)

    def restore(self, key: str, tier: str, days: int) -> None:
        if tier in self.refused_tiers:
            raise RestoreRefused(f"{key}: {tier}")
        found = self._found(key)
        if not found.restored:
            self.objects[key] = replace(found, restoring=True)

    def land(self, key: str) -> None:
        """The restore of an object has come."""
        self.objects[key] = replace(self._found(key), restoring=False, restored=True)

    def form(self, key: str, most: int, seconds: int, back_to: str = "") -> tuple[str, Mapping[str, str]] | None:
        if not self._address:
            return None
        return self._address, {"key": key, **({"success_action_redirect": back_to} if back_to else {})}

    def link(self, key: str, file_name: str, seconds: int) -> str:
        return f"{self._address}/{key}" if self._address else ""

    def _found(self, key: str) -> _Object:
        try:
            return self.objects[key]
        except KeyError:
            raise ObjectMissing(key) from None


def _etag(body: bytes) -> str:
    return f'"{hashlib.md5(body, usedforsecurity=False).hexdigest()}"'


_ALWAYS = datetime.min.replace(tzinfo=UTC)


@dataclass
class _Held:
    id: str
    message: Message
    sent_at: datetime
    receives: int = 0
    receipt: str = ""
    visible_at: datetime = _ALWAYS


class MemoryQueue:
    """One queue; with `dead` given, a message received `max_receives` times goes there at the next receive."""

    def __init__(
        self,
        clock: Clock,
        visibility_seconds: int = 60,
        dead: "MemoryQueue | None" = None,
        max_receives: int = 5,
    ) -> None:
        self._clock = clock
        self._visibility = visibility_seconds
        self._dead = dead
        self._max_receives = max_receives
        self._held: deque[_Held] = deque()
        self._names = itertools.count(1)
        self._lock = threading.Lock()

    def send(self, messages: Sequence[Message]) -> list[int]:
        batches, too_large = pack(messages)
        with self._lock:
            for position in itertools.chain.from_iterable(batches):
                self._held.append(_Held(f"m{next(self._names)}", messages[position], self._clock.now()))
        return too_large

    def receive(self, most: int = 10, wait_seconds: int = 0, visibility_seconds: int | None = None) -> list[Received]:
        now = self._clock.now()
        until = now + timedelta(seconds=self._visibility if visibility_seconds is None else visibility_seconds)
        found: list[Received] = []
        with self._lock:
            for one in list(self._held):
                if len(found) == min(most, 10):
                    break
                if one.visible_at > now:
                    continue
                if self._dead is not None and one.receives >= self._max_receives:
                    self._held.remove(one)
                    self._dead.send([one.message])
                    continue
                one.receives += 1
                one.receipt = f"r{next(self._names)}"
                one.visible_at = until
                body, attributes = one.message.body, one.message.attributes
                found.append(Received(one.id, body, one.receipt, one.receives, attributes, one.sent_at))
        return found

    def delete(self, receipts: Iterable[str]) -> None:
        gone = set(receipts)
        with self._lock:
            self._held = deque(one for one in self._held if one.receipt not in gone)

    def release(self, receipt: str, after_seconds: int = 0) -> None:
        with self._lock:
            for one in self._held:
                if one.receipt == receipt:
                    one.visible_at = self._clock.now() + timedelta(seconds=after_seconds)

    def depth(self) -> tuple[int, int]:
        now = self._clock.now()
        hidden = sum(one.visible_at > now for one in self._held)
        return len(self._held) - hidden, hidden


class MemoryTopic:
    """One topic: a copy to each of its queues."""

    def __init__(self, *queues: MemoryQueue) -> None:
        self._queues = queues

    def send(self, messages: Sequence[Message]) -> list[int]:
        unsent: set[int] = set()
        for queue in self._queues:
            unsent.update(queue.send(messages))
        return sorted(unsent)


class MemorySeen:
    """The `seen` table."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[tuple[str, str, str], Sighting] = {}
        self._lock = threading.Lock()

    def read(self, project: str, post_id: str, language: str) -> Sighting | None:
        return self._rows.get((project, post_id, language))

    def claim(
        self, project: str, post_id: str, language: str, revision: str, fetched_at: str, claim_id: str, origin: str = ""
    ) -> bool:
        now = self._clock.now()
        expires = timestamp(now + timedelta(seconds=CLAIM_SECONDS))
        with self._lock:
            row = self._rows.get((project, post_id, language))
            expired = row is not None and row.state == "claimed" and row.claim_expires <= timestamp(now)
            newer = row is not None and row.revision != revision and row.fetched_at < fetched_at
            if row is not None and not expired and not newer:
                return False
            self._rows[project, post_id, language] = Sighting(
                revision, fetched_at, "claimed", claim_id, expires, origin
            )
            return True

    def mark_sent(self, project: str, post_id: str, language: str, claim_id: str) -> bool:
        with self._lock:
            row = self._rows.get((project, post_id, language))
            if row is None or row.claim_id != claim_id:
                return False
            self._rows[project, post_id, language] = Sighting(
                row.revision, row.fetched_at, "sent", row.claim_id, row.claim_expires, row.origin
            )
            return True
