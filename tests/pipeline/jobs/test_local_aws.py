"""Jobs on the real local AWS: forms, table, topics, queues, functions, mails, archive and restore."""

import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from pipeline.adapters.aws import SnsTopic, SqsQueue, clients
from pipeline.adapters.messaging import EventBridgeSchedules
from pipeline.adapters.s3 import S3Store
from pipeline.jobs import states, submissions
from pipeline.jobs.finalization import plan_retirement
from pipeline.jobs.retention import retire
from pipeline.jobs.services import JobServices, publish
from pipeline.jobs.transitions import move
from pipeline.jobs.wiring import job_services
from pipeline.jobs.worker_wiring import worker
from pipeline.ports import Message, ObjectMissing, StoreUnavailable
from pipeline.schema.job import ARCHIVED, COMPLETED, FREE, PLAN_CHANGED, PREMIUM, Doubt, Job, JobMessage, Owner

PATIENCE = 60  # seconds for what takes one or two


@pytest.fixture(scope="module")
def here(stack: Mapping[str, str]) -> JobServices:
    return job_services(stack)


@pytest.fixture
def user(here: JobServices) -> str:
    name = f"user-{uuid4().hex[:12]}"
    here.table.put_owner(Owner(name, 1, FREE, f"{name}@example.org"))
    return name


def eventually(found: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := found():
            return value
        time.sleep(0.1)
    raise AssertionError(f"not within {PATIENCE} s: {what}")


def opened(here: JobServices, user: str, **more: Any) -> Job:
    given = {"file_name": "posts.txt", "size": 0, "most": 1000, "annotator": "rules", "options": {}, **more}
    return submissions.open_job(here, user, here.now(), uuid4().hex, **given)


def post(url: str, fields: Mapping[str, str], body: bytes) -> int:
    """What a browser sends for a form with a file."""
    boundary = uuid4().hex
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n')
    data = "".join(parts).encode() + body + f"\r\n--{boundary}--\r\n".encode()
    request = urllib.request.Request(url, data, {"Content-Type": f"multipart/form-data; boundary={boundary}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def form(here: JobServices, job: Job, seconds: int = 600) -> tuple[str, Mapping[str, str]]:
    found = here.files.form(job.input_key, 1000, seconds)
    assert found
    return found


def submitted(here: JobServices, user: str, body: bytes = b"We need Python.\n", **more: Any) -> Job:
    job = opened(here, user, **more)
    assert post(*form(here, job), body) == 201
    return submissions.confirm(here, user, job.id)


def worked(stack: Mapping[str, str], here: JobServices, job: Job, folder: Path) -> Job:
    """The job after workers had it."""
    one = worker(stack, folder)
    stop = threading.Event()

    def ended() -> Job | None:
        one.work(stop, once=True)
        found = here.table.get(job.user, job.id)
        return found if found and found.state not in ("PENDING", "RUNNING") else None

    found: Job = eventually(ended, f"{job.id} annotated")
    return found


def mails(stack: Mapping[str, str], to: str) -> list[str]:
    by_account = json.loads(clients(stack).read_local("/_ministack/ses/messages"))["messages"]
    sent = [one for messages in by_account.values() for one in messages]
    return [f"{one['Subject']}\n{one['BodyText']}" for one in sent if f"{to}@example.org" in one["To"]]


def test_a_form_takes_its_file_and_no_other(here: JobServices, user: str) -> None:
    job = opened(here, user)
    url, fields = form(here, job)
    assert post(url, fields, b"x" * 1001) == 400  # larger than the plan takes
    assert post(url, {**fields, "key": "jobs/other/0/input.txt"}, b"x") == 403  # forged
    assert post(url, {**fields, "Content-Type": "text/html"}, b"x") == 403
    assert post(url, fields, b"") == 400
    with pytest.raises(states.NotAllowed, match="not arrived"):
        submissions.confirm(here, user, job.id)
    assert post(url, fields, b"text\n") == 201
    assert submissions.confirm(here, user, job.id).size == 5


def test_a_form_that_is_over_takes_nothing(here: JobServices, user: str) -> None:
    job = opened(here, user)
    url, fields = form(here, job, seconds=1)
    time.sleep(2.1)
    assert post(url, fields, b"x") == 403


def test_a_replayed_form_does_not_change_what_is_annotated(
    stack: Mapping[str, str], here: JobServices, user: str, tmp_path: Path
) -> None:
    job = opened(here, user)
    sent = form(here, job)
    post(*sent, b"We need Python.\n")
    submissions.confirm(here, user, job.id)
    post(*sent, b"Something else.\n")
    assert "not the one that was submitted" in worked(stack, here, job, tmp_path).reason


def test_a_job_is_annotated_mailed_and_downloaded(
    stack: Mapping[str, str], here: JobServices, user: str, tmp_path: Path
) -> None:
    job = submitted(here, user)
    done = worked(stack, here, job, tmp_path)
    assert (done.state, done.summary["labels"]) == (COMPLETED, {"Tool": 1})
    eventually(lambda: mails(stack, user), "a mail")
    assert len(mails(stack, user)) == 1
    link = here.files.link(done.bundle_key, 'a"b\r\n🙂.zip', 60)
    with urllib.request.urlopen(link) as answer:
        assert answer.headers["Content-Disposition"] == 'attachment; filename="a_b___.zip"'
        assert answer.read(2) == b"PK"


def test_a_failure_is_mailed_with_its_reason(
    stack: Mapping[str, str], here: JobServices, user: str, tmp_path: Path
) -> None:
    job = submitted(here, user, b"id,body\n1,x\n", file_name="a.csv")
    assert worked(stack, here, job, tmp_path).state == "FAILED"
    (mail,) = eventually(lambda: mails(stack, user), "a mail")
    assert "no column is called text" in mail.lower()


def test_a_result_goes_to_the_archive_and_comes_back(
    stack: Mapping[str, str], here: JobServices, user: str, tmp_path: Path
) -> None:
    done = worked(stack, here, submitted(here, user), tmp_path)
    past = "2026-01-01T00:00:00.000000Z"
    move(here.table, user, done.id, lambda old: replace(old, keep_until=past))
    archived = retire(here, user, done.id)
    assert archived is not None
    assert archived.state == ARCHIVED
    assert here.files.head(done.bundle_key).storage_class == "GLACIER"
    assert here.files.head(done.log_key).storage_class == "STANDARD"
    here.table.put_owner(Owner(user, 2, PREMIUM, f"{user}@example.org"))
    plans = SnsTopic(clients(stack).sns, stack["JOBS_PLANS_TOPIC_ARN"])
    assert publish(plans, JobMessage(PLAN_CHANGED, user), "")

    def back() -> Job | None:
        found = here.table.get(user, done.id)
        return found if found and found.state == COMPLETED else None

    restored = eventually(back, "the result restored")
    assert restored.restores == 1
    assert here.files.head(done.bundle_key).storage_class == "STANDARD"
    eventually(lambda: len(mails(stack, user)) == 2, "two mails")


@pytest.mark.slow
def test_a_schedule_archives_a_result_when_its_time_is_over(
    stack: Mapping[str, str], here: JobServices, user: str, tmp_path: Path
) -> None:
    done = worked(stack, here, submitted(here, user), tmp_path)
    assert done.keep_until
    soon = replace(here, retention_seconds=1)
    plan_retirement(soon, move(here.table, user, done.id, lambda old: replace(old, keep_until="")))

    def archived() -> bool:
        found = here.table.get(user, done.id)
        return found is not None and found.state == ARCHIVED

    eventually(archived, "the schedule sent the job to be retired")
    assert here.files.head(done.bundle_key).storage_class == "GLACIER"


def test_two_writers_of_one_job_do_not_both_win(here: JobServices, user: str) -> None:
    job = opened(here, user)
    assert not here.table.put_new(job)
    assert here.table.replace(job, job)
    assert not here.table.replace(job, job)
    assert not here.table.remove(job)


def test_jobs_are_listed_newest_first_in_pages(here: JobServices, user: str) -> None:
    ids = [opened(here, user).id for _ in range(5)]
    first = here.table.of_user(user, limit=3)
    rest = here.table.of_user(user, before=first[-1].id, limit=3)
    assert [one.id for one in (*first, *rest)] == sorted(ids, reverse=True)
    assert here.table.of_user(user, before=rest[-1].id) == []


def test_jobs_are_found_by_state_and_time(here: JobServices, user: str) -> None:
    job = opened(here, user)
    assert job.id in [one.id for one in here.table.in_state("UPLOADING", job.since, job.since)]
    assert job.id not in [one.id for one in here.table.in_state("UPLOADING", "2026", "2026-01-02")]


def test_jobs_of_a_state_are_read_newest_first_page_by_page(here: JobServices, user: str) -> None:
    since = opened(here, user).since
    ids = [opened(here, user).id for _ in range(60)]  # more than are read at once
    found = here.table.in_state("UPLOADING", since, "9", newest_first=True)
    assert [one.id for one in found if one.user == user][:60] == ids[::-1]


def test_mails_in_doubt_are_kept_until_they_are_settled(here: JobServices, user: str) -> None:
    doubts = [Doubt(user, opened(here, user).id, "completed:1") for _ in range(2)]
    for one in (*doubts, doubts[0]):
        here.table.put_doubt(one)
    assert [one for one in here.table.doubts(100) if one.user == user] == doubts
    for one in doubts:
        here.table.remove_doubt(one)
    assert [one for one in here.table.doubts(100) if one.user == user] == []


def test_an_owner_is_replaced_by_a_newer_copy_only(here: JobServices, user: str) -> None:
    assert here.table.put_owner(Owner(user, 3, PREMIUM, "new@example.org"))
    assert not here.table.put_owner(Owner(user, 2, FREE, "old@example.org"))
    assert here.table.owner(user) == Owner(user, 3, PREMIUM, "new@example.org")
    here.table.remove_owner(user)
    assert here.table.owner(user) is None


def test_what_aws_refuses_is_told_as_such(stack: Mapping[str, str], tmp_path: Path) -> None:
    aws = clients(stack)
    (tmp_path / "a.txt").write_text("x")
    with pytest.raises(StoreUnavailable, match="PutObject s3://no-such-bucket/k"):
        S3Store(aws.s3, "no-such-bucket").upload(tmp_path / "a.txt", "k", "text/plain")
    schedules = EventBridgeSchedules(
        aws.client("scheduler"), "no-such-group", stack["RETIRE_QUEUE_ARN"], stack["SCHEDULES_ROLE_ARN"]
    )
    with pytest.raises(StoreUnavailable, match="CreateSchedule no-such-group/x"):
        schedules.once("x", datetime(2099, 1, 1, tzinfo=UTC), "{}")


def test_a_job_deleted_leaves_no_object(stack: Mapping[str, str], here: JobServices, user: str, tmp_path: Path) -> None:
    done = worked(stack, here, submitted(here, user), tmp_path)
    submissions.delete(here, user, done.id)
    assert list(here.files.list(done.prefix)) == []
    with pytest.raises(ObjectMissing):
        here.files.head(done.bundle_key)


def test_why_a_message_about_a_job_failed_is_kept(stack: Mapping[str, str]) -> None:
    aws, wrong = clients(stack), f"wrong-{uuid4().hex}/1"
    posts = S3Store(aws.s3, stack["POSTS_BUCKET"])
    assert (
        SqsQueue(aws.sqs, stack["RETIRE_QUEUE_URL"]).send([Message(json.dumps({"schema": wrong, "user": "u"}))]) == []
    )

    def kept() -> list[str]:
        notes = (posts.get(listed.key).body.decode() for listed in posts.list("refused/messages/"))
        return [note for note in notes if wrong in note]

    assert "field 'schema'" in eventually(kept, "the reason")[0]
