"""What Lambda calls: passes on to Zappa only what the stack itself sends to this function.

Zappa obeys every event: it runs code that is in one, functions and commands that one names, and takes variables of the
process from one. Nothing but the API Gateway and the deployment is allowed to invoke the function; should anything else
ever be wired to it, its events are refused here.
"""

import logging
import re
from collections.abc import Mapping
from typing import Any

log = logging.getLogger(__name__)

# Of an event that an API Gateway makes of a request; the second line is there where it has something to say.
NEEDED = {"resource", "path", "httpMethod", "headers", "requestContext"}
ALLOWED = NEEDED | {"multiValueHeaders", "queryStringParameters", "multiValueQueryStringParameters", "pathParameters",
                    "stageVariables", "body", "isBase64Encoded", "version"}  # fmt: skip
# What a deployment and somebody on call send by `zappa manage`, whole.
COMMANDS = re.compile(r"migrate --noinput|(first_admin|login_link) [^\s-]\S*")


class EventRefused(ValueError):
    """An event that this stack does not send."""


def answer(event: object, context: object) -> object:
    """Raises `EventRefused`, which Lambda counts as an error of the function, so that its alarm tells."""
    if not (is_request(event) or is_command(event)):
        shape = sorted(map(str, event)) if isinstance(event, Mapping) else type(event).__name__
        log.error("an event was refused: %.500s", shape)
        raise EventRefused(
            f"given an event of {shape!s:.500}, allowed: a request by the API Gateway, a command of ours"
        )
    from zappa.handler import lambda_handler  # reads its settings when it is imported

    return lambda_handler(event, context)


def is_request(event: object) -> bool:
    """Whether a REST API made it. Variables of a stage, which this stack has none of, would become the process's."""
    if not isinstance(event, dict) or not event.keys() >= NEEDED or not event.keys() <= ALLOWED:
        return False
    context: Any = event["requestContext"]
    return (
        isinstance(event["httpMethod"], str)
        and bool(event["httpMethod"])
        and event.get("version") in (None, "1.0")
        and not event.get("stageVariables")
        and isinstance(context, dict)
        and isinstance(context.get("identity"), dict)
        and not {"elb", "eventType", "http"} & context.keys()
    )


def is_command(event: object) -> bool:
    if not isinstance(event, dict) or event.keys() != {"manage"}:
        return False
    return isinstance(event["manage"], str) and COMMANDS.fullmatch(event["manage"]) is not None
