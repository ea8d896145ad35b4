"""Why a message failed, kept beside the queue: a dead-letter queue holds the message, never the reason."""

import contextlib
from datetime import datetime

import orjson

from pipeline.messages import MessageRefused, loads
from pipeline.ports import ObjectMissing, ObjectStore, Received, StoreUnavailable
from pipeline.schema import Json, timestamp

SCHEMA = "failure/1"


def key(message_id: str) -> str:
    return f"refused/messages/{message_id}.json"


def note(message_id: str, error: Exception, at: str, trace_id: str, receives: int, queue: str) -> Json:
    return {
        "schema": SCHEMA,
        "message_id": message_id,
        "reason": reason(error),
        "at": at,
        "trace_id": trace_id,
        "receives": receives,
        "queue": queue,
    }


def reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:1000]


def keep(store: ObjectStore, found: Json) -> None:
    """The newest note of a message replaces the one before. Raises `StoreUnavailable`."""
    # Texts of errors may hold what UTF-8 cannot.
    body = orjson.dumps({**found, "reason": found["reason"].encode("utf-8", "replace").decode()})
    store.put(key(found["message_id"]), body)


def keep_reason(store: ObjectStore, received: Received, queue: str, error: Exception, now: datetime) -> None:
    """Of a message that was received by hand. Silent where the store is away: the message fails again and is noted
    then."""
    trace = received.attributes.get("trace_id", "")
    with contextlib.suppress(StoreUnavailable):
        keep(store, note(received.id, error, timestamp(now), trace, received.receives, queue))


def read(store: ObjectStore, message_id: str) -> Json | None:
    """None where the message never failed in a handler: it ran out of time or memory, or was never received."""
    try:
        found = loads(store.get(key(message_id)).body)
        return {**found, "reason": str(found.get("reason", ""))}
    except ObjectMissing:
        return None
    except MessageRefused as error:
        return {"reason": f"unknown, its note cannot be read: {error}"}
