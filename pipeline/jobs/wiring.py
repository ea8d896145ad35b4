"""Builds what works on jobs from the stack's outputs: services for pages, functions of Lambda, the worker."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline import batch
from pipeline.adapters.aws import Clients, S3Store, SnsTopic, SystemClock, clients
from pipeline.adapters.dynamodb import DynamoJobs
from pipeline.adapters.messaging import EventBridgeSchedules, SesMailer
from pipeline.config import load
from pipeline.jobs.services import JobServices
from pipeline.schema import Json


@dataclass(frozen=True)
class JobsSettings:
    jobs_bucket: str
    jobs_table: str
    jobs_requested_topic_arn: str
    jobs_ended_topic_arn: str
    jobs_schedule_group: str
    retire_queue_arn: str
    schedules_role_arn: str
    jobs_retention_seconds: str
    jobs_archive_class: str


@dataclass(frozen=True)
class JobFunctionSettings(JobsSettings):
    posts_bucket: str  # where it is kept why a message failed


def job_services(env: Mapping[str, str]) -> JobServices:
    """`env`: the stack's outputs in upper case."""
    return _services(load(JobsSettings, env), clients(env))


def _services(settings: JobsSettings, aws: Clients) -> JobServices:
    return JobServices(
        DynamoJobs(aws.dynamodb, settings.jobs_table),
        S3Store(aws.s3, settings.jobs_bucket),
        SystemClock(),
        SnsTopic(aws.sns, settings.jobs_requested_topic_arn),
        SnsTopic(aws.sns, settings.jobs_ended_topic_arn),
        EventBridgeSchedules(
            aws.client("scheduler"),
            settings.jobs_schedule_group,
            settings.retire_queue_arn,
            settings.schedules_role_arn,
        ),
        float(settings.jobs_retention_seconds),
        settings.jobs_archive_class,
    )


def mailer(env: Mapping[str, str], sender: str) -> SesMailer:
    return SesMailer(clients(env).client("sesv2"), sender)


def job_function(
    env: Mapping[str, str], settings: JobFunctionSettings, stage: str, work: Callable[[JobServices, Json], object]
) -> Callable[[batch.Event], Json]:
    """A function that does `work` on each message of its queue by itself."""
    aws = clients(env)
    services, notes = _services(settings, aws), S3Store(aws.s3, settings.posts_bucket)
    each = batch.one_by_one(lambda value: work(services, value))
    return lambda event: batch.run(event, each, stage=stage, notes=notes, clock=services.clock, counting=batch.MESSAGES)
