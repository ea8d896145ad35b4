"""The program's stacks as recorded."""

from functools import cache

import pytest

from labelmill_infra.recorded import RecordedStack
from labelmill_local.recorder import record


@cache
def _recorded(stack: str) -> RecordedStack:
    return record(stack, package="/nowhere.zip")


@pytest.fixture(params=["local", "dev", "prod"])
def recorded(request: pytest.FixtureRequest) -> RecordedStack:
    """Each stack in turn."""
    return _recorded(request.param)


@pytest.fixture
def prod() -> RecordedStack:
    return _recorded("prod")


@pytest.fixture
def dev() -> RecordedStack:
    return _recorded("dev")
