"""Builds what jobs are worked on with from the stack's outputs."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.adapters.aws import SnsTopic, SystemClock, clients
from pipeline.adapters.jobs_files import S3JobFiles
from pipeline.adapters.jobs_table import DynamoJobs
from pipeline.adapters.jobs_told import EventBridgeSchedules, SesMailer
from pipeline.config import load

from .office import Office


@dataclass(frozen=True)
class Settings:
    jobs_bucket: str
    jobs_table: str
    jobs_requested_topic_arn: str
    jobs_ended_topic_arn: str
    jobs_schedule_group: str
    retire_queue_arn: str
    schedules_role_arn: str
    jobs_retention_seconds: str
    jobs_archive_class: str


def office(env: Mapping[str, str]) -> Office:
    """`env`: the stack's outputs in upper case."""
    settings, aws = load(Settings, env), clients(env)
    return Office(
        DynamoJobs(aws.dynamodb, settings.jobs_table),
        S3JobFiles(aws.s3, settings.jobs_bucket),
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
