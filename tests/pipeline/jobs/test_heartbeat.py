import threading

import pytest

from pipeline.jobs import submissions
from pipeline.jobs.heartbeat import Heartbeat, Overtaken, Stopped
from tests.pipeline.jobs.world import USER, made

PATIENCE = 10  # seconds, for a thread that needs a thousandth of one


def test_a_beat_tells_the_rows_and_keeps_the_message() -> None:
    world, extended = made(), threading.Event()
    job = world.running()
    with Heartbeat(world.services, job, 0.001, extended.set, threading.Event()) as heartbeat:
        heartbeat.progress(3, 7)
        extended.clear()  # a beat may have come before the progress
        assert extended.wait(PATIENCE)
        extended.clear()
        assert extended.wait(PATIENCE)
    assert (world.now(job).rows_done, world.now(job).rows_total) == (3, 7)


def test_a_job_cancelled_elsewhere_ends_the_run() -> None:
    world, extended = made(), threading.Event()
    job = world.running()
    heartbeat = Heartbeat(world.services, job, 0.001, extended.set, threading.Event())
    with heartbeat:
        submissions.cancel(world.services, USER, job.id)
        heartbeat._thread.join(PATIENCE)
        with pytest.raises(Overtaken):
            heartbeat.progress(1, 1)


def test_a_worker_told_to_stop_ends_the_run() -> None:
    world, stop = made(), threading.Event()
    heartbeat = Heartbeat(world.services, world.running(), 60, lambda: None, stop)
    with heartbeat:
        heartbeat.progress(1, 2)
        stop.set()
        with pytest.raises(Stopped):
            heartbeat.progress(2, 2)
