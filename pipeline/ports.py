"""What the pipeline needs of the world, as protocols. `pipeline.adapters` fills them, for tests `tests.fakes`."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from pipeline.schema.job import Doubt, Job, Owner

STANDARD = "STANDARD"  # the storage class of what can be read at once
CLAIM_SECONDS = 300  # a claim nobody marked as sent is free for the next after this


class ObjectMissing(LookupError):
    """No object has this key."""


class ObjectExists(Exception):
    """Another object has this key already: `put_new` lost."""


class ObjectChanged(Exception):
    """The object is no longer the one of the ETag that was given."""


class RestoreRefused(Exception):
    """The store will not restore, at this tier or at all."""


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


@dataclass(frozen=True, slots=True)
class Head:
    size: int
    etag: str
    storage_class: str
    restored: bool  # an archived object of which a temporary copy can be read
    restoring: bool


class ObjectStore(Protocol):
    """One bucket. Every call may raise `StoreUnavailable` and, where it needs the object, `ObjectMissing`."""

    def get(self, key: str) -> StoredObject: ...

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        """None when the object still has this ETag."""

    def get_range(self, key: str, start: int, length: int) -> bytes:
        """Bytes `[start, start + length)` of an object, fewer at its end."""

    def head(self, key: str) -> Head: ...

    def download(self, key: str, path: Path, etag: str = "") -> None:
        """Raises `ObjectChanged` when `etag` is given and is not the object's."""

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None: ...

    def put_new(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        """Writes only if the key is free (`If-None-Match: *`). Raises `ObjectExists`."""

    def list(self, prefix: str, start_after: str = "") -> Iterator[Listed]:
        """In the order of keys."""

    def delete(self, key: str) -> None:
        """Silent when there is none."""

    def upload(self, path: Path, key: str, content_type: str) -> None: ...

    def change_class(self, key: str, storage_class: str) -> None:
        """Copies the object onto itself in another storage class."""

    def restore(self, key: str, tier: str, days: int) -> None:
        """Asks for a temporary copy; silent when one is on its way. Raises `RestoreRefused`."""

    def form(self, key: str, most: int, seconds: int, back_to: str = "") -> tuple[str, Mapping[str, str]] | None:
        """Address and hidden fields of a form by which a browser may send a file of at most `most` bytes to `key`, and
        nothing else, for so long. Then it is led to the page `back_to`, or gets 201 where there is none.

        None where the store is out of its reach.
        """

    def link(self, key: str, file_name: str, seconds: int) -> str:
        """From where a browser may download an object under `file_name` for so long; empty where the store is out of
        its reach."""


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
    origin: str = ""  # where the text stood, as whoever claimed it said


class SeenPosts(Protocol):
    """The `seen` table: claim, send, mark as sent, so that a post is sent once and never lost (DynamoDB)."""

    def read(self, project: str, post_id: str, language: str) -> Sighting | None: ...

    def claim(
        self, project: str, post_id: str, language: str, revision: str, fetched_at: str, claim_id: str, origin: str = ""
    ) -> bool:
        """True when the claim is ours: no row, or its claim has expired, or it holds an older, different revision.

        One conditional write; the claim lasts `CLAIM_SECONDS`.
        """

    def mark_sent(self, project: str, post_id: str, language: str, claim_id: str) -> bool:
        """False when the claim is no longer ours: whoever took it over has sent it too."""


class Clock(Protocol):
    def now(self) -> datetime:
        """The time, in UTC."""


class JobTable(Protocol):
    """The table `jobs`. Every call may raise `StoreUnavailable`."""

    def get(self, user: str, job: str) -> Job | None:
        """The newest state, consistently."""

    def put_new(self, job: Job) -> bool:
        """False when there is a job of this id."""

    def replace(self, old: Job, new: Job) -> bool:
        """Writes `new` with the next version if the stored version is still that of `old`."""

    def remove(self, job: Job) -> bool:
        """False when the job has moved on."""

    def of_user(self, user: str, before: str = "", limit: int = 50) -> list[Job]:
        """Newest first, from below the id `before`, consistently."""

    def in_state(self, state: str, since: str, until: str, newest_first: bool = False) -> Iterator[Job]:
        """Those that came into it between these times, oldest first unless told otherwise; read as they are asked
        for; may lag behind by seconds."""

    def owner(self, user: str) -> Owner | None: ...

    def put_owner(self, owner: Owner) -> bool:
        """False when a newer copy is there."""

    def remove_owner(self, user: str) -> None: ...

    def put_doubt(self, doubt: Doubt) -> None:
        """Silent when it is there already."""

    def doubts(self, limit: int) -> list[Doubt]:
        """Oldest first."""

    def remove_doubt(self, doubt: Doubt) -> None: ...


class MailRefused(Exception):
    """The mail was certainly not sent."""


class Mailer(Protocol):
    def send(self, to: str, subject: str, text: str, html: str) -> None:
        """Raises `MailRefused`; any other exception leaves the outcome unknown."""


class Schedules(Protocol):
    def once(self, name: str, at: datetime, body: str) -> None:
        """Sends `body` to the queue of retirements at that time; silent when `name` is scheduled already. May raise
        `StoreUnavailable`."""
