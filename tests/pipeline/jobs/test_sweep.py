"""Each message lost, each step cut short: the sweep helps on."""

import pytest

from pipeline.jobs.retention import change_plan, retire
from pipeline.jobs.sweep import SETTLE, sweep
from pipeline.schema.job import ARCHIVED, ARCHIVING, CANCELLED, COMPLETED, DELETING, FAILED, PENDING, PREMIUM
from tests.pipeline.jobs.world import USER, World


def swept(world: World, seconds: float = SETTLE + 1) -> dict[str, int]:
    world.clock.forward(seconds)
    done = sweep(world.services)
    assert done.errors == []
    return done.counts


def test_all_in_order_means_nothing_to_do(world: World) -> None:
    world.opened(key="a")
    world.pending(key="b")
    world.completed(key="c")
    world.failed(key="d")
    assert swept(world) == {}


def test_an_upload_never_finished_is_cancelled_after_a_day(world: World) -> None:
    job = world.opened()
    assert swept(world, 86_401) == {"upload never finished": 1}
    assert world.now(job).state == CANCELLED


def test_a_lost_request_is_made_again(world: World) -> None:
    world.requests.away = True
    job = world.pending()
    world.requests.away = False
    assert swept(world) == {"not queued": 1}
    assert [told["job"] for told in world.requests.told()] == [job.id]
    assert swept(world) == {}


def test_a_job_that_waits_for_an_hour_is_asked_for_again(world: World) -> None:
    world.pending()
    assert swept(world, 3601) == {"not queued": 1}


def test_a_lost_worker_is_followed_by_another(world: World) -> None:
    job = world.running()
    world.requests.told()
    assert swept(world) == {"worker lost": 1}
    assert world.now(job).state == PENDING
    assert len(world.requests.told()) == 1


def test_the_last_lost_worker_fails_the_job_and_says_so(world: World) -> None:
    job = world.at(world.running(), "RUNNING", strikes=4)
    assert swept(world) == {"worker lost": 1}
    assert world.now(job).state == FAILED
    assert [told["event"] for told in world.ended.told()] == ["failed:1"]


@pytest.mark.parametrize("end", ["completed", "failed"])
def test_an_end_not_told_is_told(world: World, end: str) -> None:
    world.ended.away = True
    getattr(world, end)()
    world.ended.away = False
    assert swept(world) == {"end not told": 1}
    assert [told["event"] for told in world.ended.told()] == [f"{end}:1"]


def test_leftovers_of_a_cancelled_job_go_and_its_input_stays(world: World) -> None:
    job = world.at(world.running(), CANCELLED)
    world.files.put(job.key(1, "bundle.zip"), b"late")
    assert swept(world) == {"end not told": 1}
    assert list(world.files.objects) == [job.input_key]


def test_a_lost_schedule_is_made_good(world: World) -> None:
    job = world.completed()
    assert swept(world, 1800 + SETTLE + 1) == {"not archived": 1}
    assert world.now(job).state == ARCHIVED


def test_an_archiving_cut_short_is_ended(world: World) -> None:
    job = world.at(world.completed(), ARCHIVING)
    assert swept(world) == {"not archived": 1}
    assert world.now(job).state == ARCHIVED


def test_a_lost_event_of_s3_is_made_good(world: World) -> None:
    job = world.completed()
    world.clock.forward(1801)
    retire(world.services, USER, job.id)
    world.plan(PREMIUM, 2)
    change_plan(world.services, USER)
    world.files.land(job.bundle_key)
    assert swept(world) == {"not restored": 1}
    assert world.now(job).state == COMPLETED


def test_a_deletion_cut_short_is_ended(world: World) -> None:
    job = world.at(world.completed(), DELETING)
    assert swept(world) == {"not deleted": 1}
    assert (world.table.get(USER, job.id), world.files.objects) == (None, {})


def test_one_job_in_trouble_does_not_stop_the_others(world: World) -> None:
    lost = world.at(world.completed(key="a"), ARCHIVING)
    world.files.delete(lost.bundle_key)
    other = world.at(world.completed(key="b"), ARCHIVING)
    world.clock.forward(SETTLE + 1)
    done = sweep(world.services)
    assert len(done.errors) == 1
    assert world.now(other).state == ARCHIVED
