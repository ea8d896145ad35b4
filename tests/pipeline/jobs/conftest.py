import pytest

from tests.pipeline.jobs.world import World, made


@pytest.fixture
def world() -> World:
    """A whole jobs office in memory; its owner is on the free plan."""
    return made()
