"""What rests in a dead-letter queue: looked through, moved back to where it failed, or dropped."""

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import orjson

from pipeline import failures
from pipeline.ports import Message, ObjectStore, Queue, Received, StoreUnavailable
from pipeline.schema import Json

DROPPED = "dropped/1"
REASON = "reason"  # attribute of a message that its consumer put here itself
LOOK_SECONDS = 120  # how long a message stays hidden while the queue is looked through

# Dead-letter queue → where its messages were to go, as names of the stack's outputs.
QUEUES: Mapping[str, tuple[str, str]] = {
    "ingest": ("INGEST_DLQ_URL", "INGEST_QUEUE_URL"),
    "labeling": ("LABELING_DLQ_URL", "LABELING_QUEUE_URL"),
    "archive": ("ARCHIVE_DLQ_URL", "ARCHIVE_QUEUE_URL"),
    "work": ("WORK_DLQ_URL", "WORK_QUEUE_URL"),
    "labeling-subscription": ("LABELING_SUBSCRIPTION_DLQ_URL", "LABELING_QUEUE_URL"),
    "archive-subscription": ("ARCHIVE_SUBSCRIPTION_DLQ_URL", "ARCHIVE_QUEUE_URL"),
}
# The same of jobs, which the command alone works with: the labeler's pages have no permission for them.
JOB_QUEUES: Mapping[str, tuple[str, str]] = {
    **{
        name: (f"{name.upper()}_DLQ_URL", f"{name.upper()}_QUEUE_URL")
        for name in ("jobs", "notify", "thaw", "thawed", "retire", "sweep")
    },
    **{
        f"{name}-subscription": (f"JOBS_{topic}_TO_{name.upper()}_SUBSCRIPTION_DLQ_URL", f"{name.upper()}_QUEUE_URL")
        for name, topic in (("jobs", "REQUESTED"), ("notify", "ENDED"), ("thaw", "PLANS"))
    },
}


@dataclass(frozen=True, slots=True)
class Filter:
    """Which messages are meant; an empty field lets every message through."""

    id: str = ""
    trace_id: str = ""
    text: str = ""  # anywhere in the body
    reason: str = ""  # anywhere in the reason it failed for

    def takes(self, letter: "Letter") -> bool:
        return (
            self.id in ("", letter.received.id)
            and self.trace_id in ("", letter.trace_id)
            and self.text in letter.received.body
            and self.reason in letter.reason
        )


@dataclass(frozen=True, slots=True)
class Letter:
    received: Received
    reason: str

    @property
    def trace_id(self) -> str:
        return self.received.attributes.get("trace_id", "")

    def to_json(self) -> Json:
        body = self.received.body
        try:
            fields = orjson.loads(body)
        except orjson.JSONDecodeError:
            fields = None
        if not isinstance(fields, dict):
            fields = {}
        about = [(name, fields.get(name)) for name in ("schema", "project", "post_id", "title")]
        return {
            "id": self.received.id,
            "trace_id": self.trace_id,
            "sent_at": self.received.sent_at.isoformat() if self.received.sent_at else None,
            "reason": self.reason,
            "bytes": len(body.encode()),
            **{name: value for name, value in about if value and isinstance(value, str)},
        }


def letters(queue: Queue, notes: ObjectStore, wanted: Filter) -> Iterator[Letter]:
    """Every message that the filter takes, each hidden for two minutes from when it is given out.

    The others, and those the caller does not delete, are visible again when the iteration ends.
    """
    seen: dict[str, str] = {}
    try:
        # Without a second's wait SQS asks some of its machines only, and may answer "none" of a queue that holds some.
        while batch := queue.receive(10, wait_seconds=1, visibility_seconds=LOOK_SECONDS):
            fresh = [message for message in batch if message.id not in seen]
            seen |= {message.id: message.receipt for message in batch}
            for received in fresh:
                note = failures.read(notes, received.id)
                letter = Letter(received, received.attributes.get(REASON) or (note["reason"] if note else ""))
                if wanted.takes(letter):
                    yield letter
            if not fresh:  # the queue was looked through for longer than they stay hidden
                break
    finally:
        for receipt in seen.values():
            with contextlib.suppress(StoreUnavailable):  # deleted meanwhile, or visible again of itself
                queue.release(receipt)


def bury(received: Received, error: Exception, dead: Queue, live: Queue) -> bool:
    """Takes a message that nobody will ever read out of its queue at once, with the reason; SQS itself would do so
    after many tries, without one. False where it was not taken: then it stays, for SQS to do so.
    """
    reason = "".join(char if char.isprintable() else "\ufffd" for char in failures.reason(error))  # SQS takes no others
    message = Message(received.body, {**received.attributes, REASON: reason})
    if dead.send([message]):
        return False
    live.delete([received.receipt])
    return True


def move(letter: Letter, dead: Queue, target: Queue) -> bool:
    """Back to where it failed. A crash between sending and deleting leaves a copy, which consumers ignore."""
    attributes = {name: value for name, value in letter.received.attributes.items() if name != REASON}
    message = Message(letter.received.body, attributes)
    if target.send([message]):
        return False
    dead.delete([letter.received.receipt])
    return True


def drop(letter: Letter, dead: Queue, notes: ObjectStore, name: str, because: str, at: str) -> None:
    """Takes a message away for good; what it was, why it failed and why it is dropped are kept first. A crash in
    between leaves it in the queue, to be dropped again. Raises `StoreUnavailable`."""
    kept = {
        "schema": DROPPED,
        "message_id": letter.received.id,
        "queue": name,
        "body": letter.received.body,
        "attributes": dict(letter.received.attributes),
        "reason": letter.reason,
        "because": because,
        "at": at,
    }
    notes.put(f"refused/dropped/{letter.received.id}.json", orjson.dumps(kept))
    dead.delete([letter.received.receipt])
