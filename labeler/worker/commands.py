"""Commands to the worker, through SQS. What they ask for is done in its next round anyway; they wake it up."""

import json
import logging
from collections.abc import Collection

from labeler.services import cloud
from pipeline.ports import Message
from pipeline.schema import SchemaError

log = logging.getLogger(__name__)

SCHEMA = "work/1"


def send(name: str) -> None:
    """Never fails: a lost command costs a delay."""
    if cloud().work.send([Message(json.dumps({"schema": SCHEMA, "command": name}))]):
        log.warning("the command %r was not taken by the work queue", name)


def read(body: str, allowed: Collection[str]) -> str:
    """The name of the command in a message. Raises ValueError for what is none of `allowed`."""
    message = json.loads(body)
    if not isinstance(message, dict) or message.get("schema") != SCHEMA:
        raise SchemaError(f"given {body!r:.80}, allowed: an object with schema {SCHEMA!r}")
    if message.get("command") not in allowed:
        raise SchemaError(f"field 'command': given {message.get('command')!r}, allowed: {', '.join(allowed)}")
    return str(message["command"])
