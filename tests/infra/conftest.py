"""The program's stacks as recorded."""

from functools import cache

import pytest

from labelmill_infra.recorded import RecordedStack
from labelmill_local.recorder import record

# What a stack has once it is deployed, beyond its own file.
COMPLETE = {
    "apiDomain": "abcdefghij.execute-api.us-east-1.amazonaws.com",
    "domain": "label.example.org",
    "zoneId": "Z0123456789ABCDEFGHIJ",
    "imageTag": "v1",
    "mailFrom": "labelmill@example.org",
    "alarmEmail": "operators@example.org",
    "scraperContact": "crawler@example.org",
}


@cache
def _recorded(stack: str, complete: bool) -> RecordedStack:
    return record(stack, package="/nowhere.zip", **(COMPLETE if complete else {}))


@pytest.fixture(params=["local", "dev", "prod", "dev, complete", "prod, complete"])
def recorded(request: pytest.FixtureRequest) -> RecordedStack:
    """Each stack in turn: as it is at first, and with all that is optional."""
    stack, _, complete = request.param.partition(", ")
    return _recorded(stack, bool(complete))


@pytest.fixture
def prod() -> RecordedStack:
    return _recorded("prod", True)


@pytest.fixture
def dev() -> RecordedStack:
    return _recorded("dev", True)


@pytest.fixture
def bare() -> dict[str, RecordedStack]:
    """`dev` and `prod` before anything optional is set."""
    return {stack: _recorded(stack, False) for stack in ("dev", "prod")}
