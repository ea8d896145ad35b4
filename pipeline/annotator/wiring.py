"""The worker on AWS, or on the local AWS: its settings, and the adapters it is built from."""

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline import stack, tokenizers
from pipeline.adapters.aws import S3Store, SqsQueue, clients
from pipeline.adapters.task_protection import protection
from pipeline.config import load
from pipeline.jobs.wiring import office

from . import examples
from .worker import Worker


@dataclass(frozen=True)
class Settings:
    """What the worker needs beside what `pipeline.jobs.wiring` does."""

    jobs_queue_url: str
    posts_bucket: str
    labels_bucket: str
    heartbeat_seconds: str = "60"


def worker(env: Mapping[str, str], folder: Path) -> Worker:
    """`folder`: for the files of the job at hand."""
    env = stack.environment(env)
    settings, aws = load(Settings, env), clients(env)
    labels, posts = S3Store(aws.s3, settings.labels_bucket), S3Store(aws.s3, settings.posts_bucket)
    return Worker(
        office(env),
        SqsQueue(aws.sqs, settings.jobs_queue_url),
        tokenizers.default(),
        lambda project, target: examples.write(project, labels, posts, target),
        f"{socket.gethostname()}:{os.getpid()}",
        folder,
        float(settings.heartbeat_seconds),
        protect=protection(env),
    )
