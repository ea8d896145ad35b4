"""Wires the worker of jobs; apart, since pages and functions are wired too and ship none of its libraries."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import stack, tokenizers
from pipeline.adapters.aws import S3Store, SqsQueue, clients
from pipeline.adapters.task_protection import protection
from pipeline.annotator import examples
from pipeline.config import load
from pipeline.jobs.wiring import job_services
from pipeline.jobs.worker import Worker
from pipeline.schema.job import Job


@dataclass(frozen=True)
class WorkerSettings:
    """What the worker needs beside `JobsSettings`."""

    jobs_queue_url: str
    posts_bucket: str
    labels_bucket: str
    heartbeat_seconds: str = "60"


def worker(env: Mapping[str, str], folder: Path) -> Worker:
    """`folder`: for the files of the job at hand."""
    env = stack.environment(env)
    settings, aws = load(WorkerSettings, env), clients(env)
    labels, posts = S3Store(aws.s3, settings.labels_bucket), S3Store(aws.s3, settings.posts_bucket)

    def write_examples(project: str, target: Path, job: Job) -> None:
        if not job.sees_all:
            examples.check_member(project, labels, job.user)
        examples.write(project, labels, posts, target)

    return Worker(
        job_services(env),
        SqsQueue(aws.sqs, settings.jobs_queue_url),
        tokenizers.default(),
        write_examples,
        f"{socket.gethostname()}:{os.getpid()}",
        folder,
        float(settings.heartbeat_seconds),
        protect=protection(env),
    )
