"""Values into messages and back. One too large for a queue is put into the bucket, and its key sent instead."""

import hashlib
from typing import Any

import orjson

from pipeline.ports import Message, ObjectStore
from pipeline.schema import Handoff, Json, SchemaError
from pipeline.schema.reading import shown

HANDOFF_BYTES = 200_000  # larger bodies go to the bucket: a batch of 256 KiB must hold body and attributes
MAX_BYTES = 16_000_000  # of an object that a message stands for; nothing larger is read into memory


class MessageRefused(ValueError):
    """A message that no further delivery will make readable; says why."""


def dumps(value: Any) -> bytes:
    """JSON as bytes. Raises `MessageRefused` for what has no JSON form (lone surrogates, numbers beyond 64 bits)."""
    try:
        return orjson.dumps(value)
    except (orjson.JSONEncodeError, RecursionError) as error:
        raise MessageRefused(f"has no JSON form: {error}") from error


def loads(body: str | bytes) -> Json:
    """The JSON object in `body`. Raises `MessageRefused`."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise MessageRefused(f"not JSON: {error}; begins {body[:60]!r}") from error
    if not isinstance(value, dict):
        raise MessageRefused(f"given {shown(value, 60)}, allowed: a JSON object")
    return value


def message(store: ObjectStore, value: Json, trace_id: str) -> Message:
    """`value` as a message of the given trace.

    Raises `MessageRefused` for one that nobody would read; may raise `StoreUnavailable` for a large one.
    """
    body = dumps(value)
    if len(body) > MAX_BYTES:
        raise MessageRefused(f"given {len(body)} bytes, allowed: {MAX_BYTES}")
    if len(body) > HANDOFF_BYTES:
        # Named by its content: a repeat writes the same object again.
        key = f"handoff/{hashlib.sha256(body).hexdigest()}.json"
        store.put(key, body)
        body = dumps(Handoff(key).to_json())
    return Message(body.decode(), {"trace_id": trace_id})


def value(store: ObjectStore, body: str | bytes) -> Json:
    """What a message holds or stands for.

    Raises `MessageRefused`, `SchemaError`, `ObjectMissing`, `StoreUnavailable`.
    """
    found = loads(body)
    if found.get("schema") != Handoff.SCHEMA:
        return found
    key = Handoff.from_json(found).key
    if not key.startswith("handoff/") or ".." in key.split("/"):
        raise SchemaError(f"field 'key': given {key!r:.80}, allowed: a key below handoff/")
    large = store.get_range(key, 0, MAX_BYTES + 1)
    if len(large) > MAX_BYTES:
        raise MessageRefused(f"{key}: given more than {MAX_BYTES} bytes")
    return loads(large)
