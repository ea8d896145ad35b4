"""A container that is at work says so to ECS, which then ends it neither for a deployment nor for want of work.

https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-scale-in-protection-endpoint.html
"""

import json
import logging
import time
from collections.abc import Callable, Mapping
from urllib.error import URLError
from urllib.request import Request, urlopen

log = logging.getLogger(__name__)

Protect = Callable[[bool], None]

MINUTES = 240  # after which ECS takes a protected task for one that hangs
RENEW_SECONDS = MINUTES * 60 / 2
PATIENCE = 5  # seconds, for an agent on the same machine


def unprotected(is_at_work: bool) -> None:
    """Where nobody would end it: on one machine."""


class TaskProtection:
    """Called with whether work is at hand. ECS is asked only when that changes, and while it lasts every two hours."""

    def __init__(self, agent: str, now: Callable[[], float] = time.monotonic) -> None:
        """`agent`: address of the container's agent, as `ECS_AGENT_URI` names it."""
        self._address = f"{agent}/task-protection/v1/state"
        self._now = now
        self._is_protected = False
        self._until = 0.0

    def __call__(self, is_at_work: bool) -> None:
        if is_at_work == self._is_protected and (not is_at_work or self._now() < self._until):
            return
        wanted: dict[str, object] = {"ProtectionEnabled": is_at_work}
        if is_at_work:
            wanted["ExpiresInMinutes"] = MINUTES
        try:
            answer = self._put(wanted)
        except (URLError, TimeoutError, ValueError) as error:
            answer = {"error": f"{error}"}
        if answer.get("failure") or answer.get("error"):
            # No reason to stop working: what is broken off is begun anew by another.
            log.warning("the task is not protected: %s", json.dumps(answer))
            return
        self._is_protected, self._until = is_at_work, self._now() + RENEW_SECONDS

    def _put(self, wanted: Mapping[str, object]) -> dict[str, object]:
        request = Request(  # noqa: S310 the agent's address is ECS's own
            self._address, json.dumps(wanted).encode(), {"Content-Type": "application/json"}, method="PUT"
        )
        with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return dict(json.loads(answer.read()))


def protection(env: Mapping[str, str]) -> Protect:
    agent = env.get("ECS_AGENT_URI")
    return TaskProtection(agent) if agent else unprotected
