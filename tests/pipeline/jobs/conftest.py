import pytest

from tests.pipeline.jobs.world import World, made


@pytest.fixture
def world() -> World:
    """All that jobs are worked on with, in memory; its owner is on the free plan."""
    return made()
