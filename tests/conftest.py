"""What all tests share: the real data, where it is, and a real local AWS."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from pipeline import stack as local_stack


@pytest.fixture(scope="session")
def data() -> Path:
    """The folder of real posts, labelled sets and peers' files."""
    given = os.environ.get("LABELMILL_DATA")
    if not given:
        pytest.skip("LABELMILL_DATA names no folder of real data")
    return Path(given)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, str]]:
    """A local AWS made by the infrastructure program, for the whole run: its outputs in upper case.

    Tests share it, so each works in a project or source of its own name.
    """
    state = tmp_path_factory.mktemp("state")
    env = {"LABELMILL_STATE": str(state)}
    yield local_stack.environment(env)
    local_stack.release(state)
