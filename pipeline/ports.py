"""What the pipeline needs of the world, as protocols. `adapters.aws` and `adapters.memory` fill them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

CLAIM_SECONDS = 300  # a claim nobody marked as sent is free for the next after this


class ObjectMissing(LookupError):
    """No object has this key."""


class ObjectExists(Exception):
    """Another object has this key already: `put_new` lost."""


class StoreUnavailable(Exception):
    """The store could not be reached or refused for now; the same call may succeed later."""


@dataclass(frozen=True, slots=True)
class StoredObject:
    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class Listed:
    key: str
    size: int
    etag: str


class ObjectStore(Protocol):
    """One bucket. Every call may raise `StoreUnavailable`."""

    def get(self, key: str) -> StoredObject:
        """Raises `ObjectMissing`."""

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        """None when the object still has this ETag. Raises `ObjectMissing`."""

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Bytes `[start, start + length)` of an object, fewer at its end. Raises `ObjectMissing`."""

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None: ...

    def put_new(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        """Writes only if the key is free (`If-None-Match: *`). Raises `ObjectExists`."""

    def list(self, prefix: str, start_after: str = "") -> Iterator[Listed]:
        """In the order of keys."""

    def delete(self, key: str) -> None:
        """Silent when there is none."""

    def form(self, key: str, most: int, seconds: int) -> tuple[str, Mapping[str, str]] | None:
        """Where a browser may send a file of at most so many bytes for so long, and the fields that go before it.

        None where the store is out of its reach.
        """

    def link(self, key: str, file_name: str, seconds: int) -> str:
        """From where a browser may download an object for so long; empty where the store is out of its reach."""


@dataclass(frozen=True, slots=True)
class Message:
    """What is sent: JSON text, and string attributes (`trace_id` among them)."""

    body: str
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Received:
    id: str
    body: str
    receipt: str
    receives: int  # how often it has been received, this time included
    attributes: Mapping[str, str] = field(default_factory=dict)
    sent_at: datetime | None = None


class Sender(Protocol):
    """An SQS queue or an SNS topic as seen by who sends to it."""

    def send(self, messages: Sequence[Message]) -> list[int]:
        """Sends in batches packed by encoded bytes; returns the positions that were **not** confirmed.

        Never raises for a refused or timed-out batch: its positions are among the returned.
        """


class Queue(Sender, Protocol):
    """An SQS queue as seen by who reads it."""

    def receive(
        self, most: int = 10, wait_seconds: int = 0, visibility_seconds: int | None = None
    ) -> list[Received]: ...

    def delete(self, receipts: Iterable[str]) -> None: ...

    def release(self, receipt: str, after_seconds: int = 0) -> None:
        """Makes a received message visible again."""

    def depth(self) -> tuple[int, int]:
        """Approximate numbers of (visible, in flight) messages."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """The `seen` row of one (project, post_id, language)."""

    revision: str
    fetched_at: str
    state: str  # claimed, sent
    claim_id: str
    claim_expires: str


class SeenPosts(Protocol):
    """The `seen` table: claim, send, mark as sent, so that a post is sent once and never lost (DynamoDB)."""

    def read(self, project: str, post_id: str, language: str) -> Sighting | None: ...

    def claim(self, project: str, post_id: str, language: str, revision: str, fetched_at: str, claim_id: str) -> bool:
        """True when the claim is ours: no row, or its claim has expired, or it holds an older, different revision.

        One conditional write; the claim lasts `CLAIM_SECONDS`.
        """

    def mark_sent(self, project: str, post_id: str, language: str, claim_id: str) -> bool:
        """False when the claim is no longer ours: whoever took it over has sent it too."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, in UTC."""
