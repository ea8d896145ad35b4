"""Each role of annotation jobs can do its part of the way of a job, and one that lacks an action fails there."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from labelmill_local.creators.clients import Clients
from labelmill_local.emulator import Emulator
from labelmill_local.guard import read_secret
from labelmill_local.provision import provision
from pipeline.adapters.aws import S3Store, SnsTopic, SqsQueue
from pipeline.jobs import submissions
from pipeline.jobs.services import JobServices, publish
from pipeline.jobs.transitions import move
from pipeline.jobs.wiring import job_services
from pipeline.jobs.worker_wiring import worker
from pipeline.ports import Message, StoreUnavailable
from pipeline.schema import timestamp
from pipeline.schema.job import (
    ARCHIVED,
    ARCHIVING,
    COMPLETED,
    FREE,
    PENDING,
    PLAN_CHANGED,
    PREMIUM,
    RETIRE,
    RUNNING,
    THAWING,
    Job,
    JobMessage,
    Owner,
)
from tests.infra.test_permissions import REGION, Stack, until

pytestmark = pytest.mark.slow

LOCAL = {"endpoint_url", "access_key_id", "secret_access_key"}  # of the stack, not of a role
SCHEDULING = ("annotator", "retire", "thaw", "thawed", "sweep")  # roles under which a job may end


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack whose emulator evaluates the policies."""
    state: Path = tmp_path_factory.mktemp("state")
    with Emulator(state, region=REGION, check_permissions=True) as emulator:
        stack = Stack(
            provision(state, emulator.endpoint_url), Clients(emulator.endpoint_url, REGION, read_secret(state))
        )
        for role in SCHEDULING:
            _as_the_emulator_reads(
                stack, role, "scheduler:CreateSchedule", f":schedule/{stack.outputs['jobs_schedule_group']}/*",
                ":schedule/default/*",
            )  # fmt: skip
        sender = f":identity/{stack.outputs['mail_sender']}"
        _as_the_emulator_reads(stack, "notify", "ses:SendEmail", sender, "*")
        yield stack


def _as_the_emulator_reads(stack: Stack, role: str, action: str, given: str, read: str) -> None:
    """When it checks, the emulator takes every schedule for one of the group `default`, and every mail for one from
    anybody; AWS reads the group's name and the sender's. The policies hold what AWS reads, which is asserted here."""
    name, policy, document = stack.policy(role, action)
    (mine,) = [one for one in document["Statement"] if action in one["Action"]]
    (resource,) = mine["Resource"]
    assert mine["Action"] == [action]
    assert resource.endswith(given)
    mine["Resource"] = [read if read == "*" else resource.replace(given, read)]
    stack.root.get("iam").put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))


@pytest.fixture
def as_role(checked: Stack, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], dict[str, str]]:
    """Gives what a program of a role finds in its environment: the stack's names, and the role's credentials."""

    def program(role: str) -> dict[str, str]:
        answer = checked.root.get("sts").assume_role(
            RoleArn=checked.outputs[f"{role}_role_arn"], RoleSessionName="test"
        )
        keys = answer["Credentials"]
        own = {
            "AWS_ACCESS_KEY_ID": keys["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": keys["SecretAccessKey"],
            "AWS_SESSION_TOKEN": keys["SessionToken"],
            "AWS_ENDPOINT_URL": checked.root.endpoint_url,
        }
        for name, value in own.items():  # boto3 looks there when a client is made
            monkeypatch.setenv(name, value)
        names = {name.upper(): value for name, value in checked.outputs.items() if name not in LOCAL}
        return {**names, **own, "HEARTBEAT_SECONDS": "6"}

    return program


@pytest.fixture
def web(as_role: Callable[[str], dict[str, str]]) -> JobServices:
    """What the web application works with."""
    return job_services(as_role("labeler"))


@pytest.fixture
def user(web: JobServices) -> str:
    name = f"user-{uuid4().hex[:12]}"
    web.table.put_owner(Owner(name, 1, FREE, f"{name}@example.org"))
    return name


@pytest.fixture
def submitted(web: JobServices, user: str, tmp_path: Path) -> Job:
    job = submissions.open_job(
        web, user, web.now(), "k", file_name="posts.txt", size=0, most=1000, annotator="rules", options={}
    )
    (tmp_path / "posts.txt").write_text("We need Python.\n")
    web.files.upload(tmp_path / "posts.txt", job.input_key, "text/plain")
    return submissions.confirm(web, user, job.id)


@pytest.fixture
def annotate(as_role: Callable[[str], dict[str, str]], web: JobServices, tmp_path: Path) -> Callable[[Job], Job]:
    """The worker's part."""

    def work(job: Job) -> Job:
        annotator = worker(as_role("annotator"), tmp_path)

        def ended() -> Job | None:
            annotator.work(threading.Event(), once=True)
            found = now(web, job)
            return found if found.state != PENDING else None

        found: Job = until(ended)
        return found

    return work


def now(web: JobServices, job: Job) -> Job:
    found = web.table.get(job.user, job.id)
    assert found
    return found


def reached(web: JobServices, job: Job, state: str) -> Job:
    found: Job = until(lambda: found if (found := now(web, job)).state == state else None)
    return found


def retire(stack: Stack, web: JobServices, job: Job) -> None:
    """The one-time schedule of a result whose time is over."""
    past = timestamp(web.now() - timedelta(minutes=1))
    move(web.table, job.user, job.id, lambda old: replace(old, keep_until=past))
    queue = SqsQueue(stack.root.get("sqs"), stack.outputs["retire_queue_url"])
    assert queue.send([Message(json.dumps(JobMessage(RETIRE, job.user, job.id).to_json()))]) == []


def upgrade(stack: Stack, web: JobServices, user: str) -> None:
    web.table.put_owner(Owner(user, 2, PREMIUM, f"{user}@example.org"))
    plans = SnsTopic(stack.as_role("labeler").sns, stack.outputs["jobs_plans_topic_arn"])
    assert publish(plans, JobMessage(PLAN_CHANGED, user), "")


def test_a_job_goes_all_the_way_with_the_rights_of_each_role(
    checked: Stack, web: JobServices, submitted: Job, annotate: Callable[[Job], Job]
) -> None:
    assert annotate(submitted).state == COMPLETED
    until(lambda: now(web, submitted).mails == {"completed:1": "sent"})
    retire(checked, web, submitted)
    reached(web, submitted, ARCHIVED)
    upgrade(checked, web, submitted.user)
    back = reached(web, submitted, COMPLETED)
    assert web.files.head(back.bundle_key).storage_class == "STANDARD"
    until(lambda: now(web, submitted).mails.get("restored:1") == "sent")
    assert web.files.link(back.bundle_key, "posts.zip", 60)
    submissions.delete(web, submitted.user, submitted.id)
    assert list(web.files.list(submitted.prefix)) == []


def test_the_sweep_helps_with_its_rights_and_not_without_them(checked: Stack, web: JobServices, submitted: Job) -> None:
    queue = SqsQueue(checked.root.get("sqs"), checked.outputs["sweep_queue_url"])
    old = timestamp(web.now() - timedelta(minutes=5))
    move(web.table, submitted.user, submitted.id, lambda job: replace(job, queued_at="", since=old))
    lost = replace(submitted, id="0" * 20, state="CANCELLED", since=old, announced_at="", etag="")
    assert web.table.put_new(lost)  # what a sweep comes to last: when it is done, the sweep is over
    with checked.without("sweep", "sns:Publish"):
        assert queue.send([Message('{"schema": "sweep/1"}')]) == []
        until(lambda: _swept(checked))
    assert now(web, submitted).queued_at == ""
    assert queue.send([Message('{"schema": "sweep/1"}')]) == []
    until(lambda: now(web, submitted).queued_at)


def _swept(stack: Stack) -> bool:
    """Whether the function has said what it did."""
    logs = stack.root.get("logs")
    group = f"/aws/lambda/{stack.outputs['sweep_function_name']}"
    return any("swept" in one["message"] for one in logs.filter_log_events(logGroupName=group)["events"])


def test_an_annotator_that_may_not_write_ends_no_job(
    checked: Stack, web: JobServices, submitted: Job, annotate: Callable[[Job], Job]
) -> None:
    with checked.without("annotator", "s3:PutObject"):
        stuck = annotate(submitted)
    assert (stuck.state, stuck.result) == (RUNNING, 0)  # taken over when its heartbeat is over


def test_an_annotator_that_may_not_schedule_leaves_the_end_to_the_sweep(
    checked: Stack, web: JobServices, submitted: Job, annotate: Callable[[Job], Job]
) -> None:
    with checked.without("annotator", "scheduler:CreateSchedule"):
        done = annotate(submitted)
    assert (done.state, done.announced_at) == (COMPLETED, "")


def test_a_notify_that_may_not_mail_keeps_the_mail_to_be_sent(
    checked: Stack, web: JobServices, submitted: Job, annotate: Callable[[Job], Job]
) -> None:
    with checked.without("notify", "ses:SendEmail"):
        annotate(submitted)
        until(lambda: set(now(web, submitted).mails.values()) == {"refused"})  # until a repeat gets through


def test_a_retire_that_may_not_copy_archives_nothing(
    checked: Stack, web: JobServices, submitted: Job, annotate: Callable[[Job], Job]
) -> None:
    done = annotate(submitted)
    with checked.without("retire", "s3:PutObject"):
        retire(checked, web, submitted)
        reached(web, submitted, ARCHIVING)
        assert web.files.head(done.bundle_key).storage_class == "STANDARD"


def test_a_thaw_that_may_not_restore_leaves_the_result_archived(
    checked: Stack, web: JobServices, submitted: Job, annotate: Callable[[Job], Job]
) -> None:
    annotate(submitted)
    retire(checked, web, submitted)
    reached(web, submitted, ARCHIVED)
    with checked.without("thaw", "s3:RestoreObject"):
        upgrade(checked, web, submitted.user)
        until(lambda: now(web, submitted).events[-1]["event"] == "refuse")


def test_a_thawed_that_may_not_copy_leaves_the_result_on_its_way(
    checked: Stack, web: JobServices, submitted: Job, annotate: Callable[[Job], Job]
) -> None:
    done = annotate(submitted)
    retire(checked, web, submitted)
    reached(web, submitted, ARCHIVED)
    with checked.without("thawed", "s3:PutObject"):
        upgrade(checked, web, submitted.user)
        until(lambda: web.files.head(done.bundle_key).restored)
        assert now(web, submitted).state == THAWING


def test_a_web_application_that_may_not_publish_leaves_the_job_to_the_sweep(
    checked: Stack, web: JobServices, user: str, tmp_path: Path
) -> None:
    job = submissions.open_job(
        web, user, web.now(), "k", file_name="a.txt", size=0, most=9, annotator="rules", options={}
    )
    (tmp_path / "a.txt").write_text("x\n")
    web.files.upload(tmp_path / "a.txt", job.input_key, "text/plain")
    with checked.without("labeler", "sns:Publish"):
        submissions.confirm(web, user, job.id)
    assert (now(web, job).state, now(web, job).queued_at) == (PENDING, "")


@pytest.mark.parametrize("role", ["annotator", "notify", "retire", "thaw", "thawed", "sweep"])
def test_no_role_of_jobs_reaches_what_is_not_its_own(checked: Stack, role: str) -> None:
    theirs = checked.as_role(role)
    for bucket in ("labels", "posts", "releases"):
        with pytest.raises(StoreUnavailable, match="AccessDenied"):
            S3Store(theirs.s3, checked.outputs[f"{bucket}_bucket"]).put("gold/x/1.json", b"{}")
    with pytest.raises(StoreUnavailable, match="AccessDenied"):
        SqsQueue(theirs.sqs, checked.outputs["ingest_queue_url"]).receive()
    if role != "annotator":
        with pytest.raises(StoreUnavailable, match="AccessDenied"):
            SqsQueue(theirs.sqs, checked.outputs["jobs_queue_url"]).receive()
    if role == "notify":  # it mails about jobs and never reads what is in them
        with pytest.raises(StoreUnavailable, match="AccessDenied"):
            S3Store(theirs.s3, checked.outputs["jobs_bucket"]).get("jobs/u/j/0/input.txt")
