"""The ports filled by plain memory: for tests, and for runs that must leave no trace. Thread-safe."""

import hashlib
import itertools
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from pipeline.adapters.packing import pack
from pipeline.ports import (
    CLAIM_SECONDS,
    Clock,
    Listed,
    Message,
    ObjectExists,
    ObjectMissing,
    Received,
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


class MemoryStore:
    """One bucket."""

    def __init__(self) -> None:
        self._objects: dict[str, StoredObject] = {}
        self._lock = threading.Lock()

    def get(self, key: str) -> StoredObject:
        try:
            return self._objects[key]
        except KeyError:
            raise ObjectMissing(key) from None

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        found = self.get(key)
        return None if found.etag == etag else found

    def get_range(self, key: str, start: int, length: int) -> bytes:
        return self.get(key).body[start : start + max(length, 0)]

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        self._objects[key] = StoredObject(body, _etag(body))

    def put_new(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        with self._lock:
            if key in self._objects:
                raise ObjectExists(key)
            self.put(key, body, content_type)

    def list(self, prefix: str, start_after: str = "") -> Iterator[Listed]:
        # S3 sorts keys by their UTF-8 bytes, as code points do.
        for key in sorted(self._objects):
            if key.startswith(prefix) and key > start_after and (found := self._objects.get(key)):
                yield Listed(key, len(found.body), found.etag)

    def delete(self, key: str) -> None:
        self._objects.pop(key, None)

    def form(self, key: str, most: int, seconds: int) -> None:
        return None

    def link(self, key: str, file_name: str, seconds: int) -> str:
        return ""


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

    def claim(self, project: str, post_id: str, language: str, revision: str, fetched_at: str, claim_id: str) -> bool:
        now = self._clock.now()
        expires = timestamp(now + timedelta(seconds=CLAIM_SECONDS))
        with self._lock:
            row = self._rows.get((project, post_id, language))
            expired = row is not None and row.state == "claimed" and row.claim_expires <= timestamp(now)
            newer = row is not None and row.revision != revision and row.fetched_at < fetched_at
            if row is not None and not expired and not newer:
                return False
            self._rows[project, post_id, language] = Sighting(revision, fetched_at, "claimed", claim_id, expires)
            return True

    def mark_sent(self, project: str, post_id: str, language: str, claim_id: str) -> bool:
        with self._lock:
            row = self._rows.get((project, post_id, language))
            if row is None or row.claim_id != claim_id:
                return False
            self._rows[project, post_id, language] = Sighting(
                row.revision, row.fetched_at, "sent", row.claim_id, row.claim_expires
            )
            return True
