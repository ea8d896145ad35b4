"""Archive and restore, and each race between them and a change of plan."""

from datetime import datetime

import pytest

from pipeline.jobs import submissions
from pipeline.jobs.retention import change_plan, retire, thawed
from pipeline.schema.job import ARCHIVED, ARCHIVING, COMPLETED, FREE, PREMIUM, THAWING, Job
from tests.pipeline.jobs.world import USER, World


def over(world: World) -> Job:
    job = world.completed()
    world.clock.forward(1801)
    return job


def archived(world: World) -> Job:
    job = over(world)
    retire(world.services, USER, job.id)
    return world.now(job)


def thawing(world: World) -> Job:
    job = archived(world)
    world.plan(PREMIUM, 2)
    change_plan(world.services, USER)
    return world.now(job)


def classes(world: World, job: Job) -> tuple[str, str]:
    return world.files.head(job.bundle_key).storage_class, world.files.head(job.log_key).storage_class


def test_the_end_of_a_free_job_plans_its_retirement_once(world: World) -> None:
    job = world.completed()
    ((at, body),) = world.schedules.planned.values()
    assert (at - world.clock.now()).total_seconds() == 1801
    assert job.id in body


def test_a_premium_job_is_kept(world: World) -> None:
    world.plan(PREMIUM, 2)
    job = world.completed()
    assert (world.schedules.planned, job.keep_until) == ({}, "")


def test_a_retired_result_is_archived_and_its_log_stays(world: World) -> None:
    job = archived(world)
    assert job.state == ARCHIVED
    assert classes(world, job) == ("GLACIER", "STANDARD")


def test_a_result_is_not_retired_early(world: World) -> None:
    job = world.completed()
    assert retire(world.services, USER, job.id) == job


def test_a_result_is_kept_until_the_very_time_it_is_promised_for(world: World) -> None:
    job = world.completed()
    until = datetime.fromisoformat(job.keep_until)
    world.clock.forward((until - world.clock.now()).total_seconds() - 1e-6)
    assert retire(world.services, USER, job.id) == job
    world.clock.forward(1e-6)
    assert world.clock.now() == until
    retire(world.services, USER, job.id)
    assert world.now(job).state == ARCHIVED


def test_a_result_is_not_retired_after_an_upgrade(world: World) -> None:
    job = over(world)
    world.plan(PREMIUM, 2)
    retire(world.services, USER, job.id)
    assert world.now(job).state == COMPLETED


def test_an_upgrade_while_archiving_and_not_copied_keeps_the_result(world: World) -> None:
    job = world.at(over(world), ARCHIVING)
    world.plan(PREMIUM, 2)
    retire(world.services, USER, job.id)
    assert (world.now(job).state, classes(world, job)[0]) == (COMPLETED, "STANDARD")


def test_an_upgrade_while_archiving_and_copied_brings_it_back(world: World) -> None:
    job = world.at(over(world), ARCHIVING)
    world.files.change_class(job.bundle_key, "GLACIER")
    world.plan(PREMIUM, 2)
    retire(world.services, USER, job.id)
    assert world.now(job).state == THAWING


def test_a_crash_between_copy_and_update_is_made_good_by_the_repeat(world: World) -> None:
    job = world.at(over(world), ARCHIVING)
    world.files.change_class(job.bundle_key, "GLACIER")
    retire(world.services, USER, job.id)
    assert world.now(job).state == ARCHIVED


def test_retiring_twice_changes_nothing(world: World) -> None:
    job = archived(world)
    retire(world.services, USER, job.id)
    assert world.now(job) == job


def test_an_upgrade_asks_for_every_archived_result(world: World) -> None:
    job = thawing(world)
    assert (job.state, job.thaw_tier) == (THAWING, "Expedited")
    assert world.files.head(job.bundle_key).restoring


def test_the_slower_tier_is_asked_for_when_the_quick_one_is_refused(world: World) -> None:
    world.files.refused_tiers = {"Expedited"}
    assert thawing(world).thaw_tier == "Standard"


def test_a_refused_restore_leaves_it_archived(world: World) -> None:
    world.files.refused_tiers = {"Expedited", "Standard"}
    assert thawing(world).state == ARCHIVED


def test_a_restored_result_is_copied_to_stay_and_told(world: World) -> None:
    job = thawing(world)
    world.ended.told()
    world.files.land(job.bundle_key)
    thawed(world.services, job.bundle_key)
    back = world.now(job)
    assert (back.state, back.archived_at, back.keep_until, classes(world, back)[0]) == (COMPLETED, "", "", "STANDARD")
    assert [told["event"] for told in world.ended.told()] == ["restored:1"]


def test_the_event_of_s3_may_come_twice(world: World) -> None:
    job = thawing(world)
    world.files.land(job.bundle_key)
    thawed(world.services, job.bundle_key)
    before = world.now(job)
    thawed(world.services, job.bundle_key)
    assert world.now(job) == before


def test_the_event_may_come_before_the_state_was_written(world: World) -> None:
    job = archived(world)
    world.plan(PREMIUM, 2)
    world.files.restore(job.bundle_key, "Expedited", 1)
    world.files.land(job.bundle_key)
    thawed(world.services, job.bundle_key)
    assert world.now(job).state == COMPLETED


def test_a_stale_event_of_a_copy_that_has_run_out_asks_again(world: World) -> None:
    job = thawing(world)
    thawed(world.services, job.bundle_key)
    assert world.now(job).state == THAWING
    assert world.files.head(job.bundle_key).restoring


def test_a_crash_between_copy_and_update_of_a_restore_is_made_good(world: World) -> None:
    job = thawing(world)
    world.files.land(job.bundle_key)
    world.files.change_class(job.bundle_key, "STANDARD")
    thawed(world.services, job.bundle_key)
    assert world.now(job).state == COMPLETED


def test_a_downgrade_while_thawing_brings_it_back_for_as_long_as_a_new_result(world: World) -> None:
    job = thawing(world)
    world.plan(FREE, 3)
    change_plan(world.services, USER)
    world.files.land(job.bundle_key)
    thawed(world.services, job.bundle_key)
    back = world.now(job)
    assert back.state == COMPLETED
    assert back.keep_until > back.since
    assert len(world.schedules.planned) == 2


def test_a_downgrade_gives_kept_results_their_time_anew(world: World) -> None:
    world.plan(PREMIUM, 2)
    job = world.completed()
    world.clock.forward(86_400)
    world.plan(FREE, 3)
    change_plan(world.services, USER)
    retire(world.services, USER, job.id)
    assert world.now(job).state == COMPLETED
    world.clock.forward(1801)
    retire(world.services, USER, job.id)
    assert world.now(job).state == ARCHIVED


def test_an_older_change_of_plan_does_not_undo_a_newer_one(world: World) -> None:
    world.plan(PREMIUM, 5)
    world.plan(FREE, 4)
    assert world.services.plan(USER) == PREMIUM


def test_a_change_of_plan_told_twice_is_followed_once(world: World) -> None:
    job = thawing(world)
    change_plan(world.services, USER)
    assert world.now(job) == job


def test_a_job_deleted_while_thawing_stays_gone(world: World) -> None:
    job = thawing(world)
    submissions.delete(world.services, USER, job.id)
    assert thawed(world.services, job.bundle_key) is None
    assert world.table.get(USER, job.id) is None


@pytest.mark.parametrize("key", ["x", "jobs/u/j/1/log.txt", "jobs/../..//bundle.zip", "posts/a/b/c/bundle.zip"])
def test_an_event_of_another_object_is_nobodys(world: World, key: str) -> None:
    assert thawed(world.services, key) is None
