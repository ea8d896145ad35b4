import pytest

from pipeline.jobs import states, submissions
from pipeline.jobs.sweep import sweep
from pipeline.schema.job import ARCHIVING, CANCELLED, COMPLETED, DELETING, FAILED, PENDING, UPLOADING
from tests.pipeline.jobs.world import USER, World


def test_a_submission_repeated_by_the_browser_makes_one_job(world: World) -> None:
    assert world.opened("k").id == world.opened("k").id
    assert world.opened("other").id != world.opened("k").id


def test_a_file_over_the_plan_is_refused_before_it_is_sent(world: World) -> None:
    with pytest.raises(submissions.Refused, match="allowed: 10 bytes on this plan"):
        submissions.open_job(
            world.services, USER, world.clock.now(), "k",
            file_name="a.txt", size=11, most=10, annotator="rules", options={},
        )  # fmt: skip


@pytest.mark.parametrize("name", ["a.pdf", "", "a.txt.exe"])
def test_a_file_of_another_kind_is_refused(world: World, name: str) -> None:
    with pytest.raises(submissions.Refused, match=r"allowed: \.txt"):
        world.opened(file_name=name)


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/a.txt", "a.txt"),
        ("C:\\x\\a.csv", "a.csv"),
        ("a\nb\x00\u202e.txt", "ab.txt"),
        ("🙂" * 300 + ".jsonl.gz", "🙂" * 245 + "….jsonl.gz"),
    ],
)
def test_a_file_name_is_made_fit_to_be_shown(given: str, shown: str) -> None:
    assert submissions.shown_name(given) == shown
    assert len(shown) <= submissions.MAX_NAME


def test_no_part_of_a_file_name_is_part_of_a_key(world: World) -> None:
    job = world.opened(file_name="../../x.txt")
    assert job.input_key == f"jobs/{USER}/{job.id}/0/input.txt"


def test_a_confirmed_upload_waits_for_a_worker_who_is_asked_for(world: World) -> None:
    job = world.pending()
    assert (job.state, job.size, bool(job.queued_at)) == (PENDING, 16, True)
    assert [told["job"] for told in world.requests.told()] == [job.id]


def test_a_repeated_confirmation_asks_once(world: World) -> None:
    job = world.pending()
    submissions.confirm(world.services, USER, job.id)
    assert len(world.requests.told()) == 1


def test_an_upload_that_has_not_arrived_is_not_confirmed(world: World) -> None:
    with pytest.raises(states.NotAllowed, match="not arrived"):
        submissions.confirm(world.services, USER, world.opened().id)


def test_a_request_that_is_not_confirmed_leaves_the_job_marked_for_the_sweep(world: World) -> None:
    world.requests.away = True
    assert world.pending().queued_at == ""


def test_a_failed_job_is_tried_again(world: World) -> None:
    job = world.failed()
    assert submissions.retry(world.services, USER, job.id).state == PENDING
    assert len(world.requests.told()) == 2


def test_a_deleted_job_takes_its_files_with_it(world: World) -> None:
    job = world.completed()
    submissions.delete(world.services, USER, job.id)
    assert (world.table.jobs, world.files.objects) == ({}, {})


def test_a_running_job_is_cancelled_to_be_deleted(world: World) -> None:
    job = world.running()
    submissions.delete(world.services, USER, job.id)
    assert world.table.get(USER, job.id) is None


@pytest.mark.parametrize("state", [UPLOADING, PENDING, FAILED, CANCELLED, COMPLETED, ARCHIVING, "ARCHIVED", "THAWING"])
def test_a_job_can_be_deleted_in_any_other_state(world: World, state: str) -> None:
    job = world.at(world.completed(), state)
    submissions.delete(world.services, USER, job.id)
    assert world.table.get(USER, job.id) is None


def test_deleting_what_is_gone_is_silent(world: World) -> None:
    submissions.delete(world.services, USER, "0" * 20)


def test_another_users_job_is_not_there(world: World) -> None:
    job = world.pending()
    with pytest.raises(states.NotAllowed, match="no such job"):
        submissions.cancel(world.services, "v" * 26, job.id)


def test_a_deleted_job_outlives_the_form_that_could_bring_its_file_back(world: World) -> None:
    job = world.opened()
    submissions.form(world.services, job, 1000, 3600)
    world.files.put(job.input_key, b"x")
    submissions.confirm(world.services, USER, job.id)
    submissions.delete(world.services, USER, job.id)
    assert (world.now(job).state, world.files.objects) == (DELETING, {})
    world.files.put(job.input_key, b"sent again by the same form")
    world.clock.forward(2 * 3600)
    sweep(world.services)
    assert (world.table.get(USER, job.id), world.files.objects) == (None, {})


def test_there_is_no_form_for_a_file_that_has_come(world: World) -> None:
    with pytest.raises(states.NotAllowed, match="come already"):
        submissions.form(world.services, world.pending(), 1000, 3600)
