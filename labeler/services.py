"""The buckets and queues the labeler works with, wired once a process at first use."""

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from pipeline import config, stack
from pipeline.dead_letters import QUEUES
from pipeline.ports import ObjectStore, Queue


@dataclass(frozen=True, slots=True)
class Cloud:
    posts: ObjectStore
    labels: ObjectStore
    releases: ObjectStore
    inbox: Queue  # prepared posts on their way to the labelers
    work: Queue  # commands for `manage.py worker`
    # name of a dead-letter queue → it, and the queue its messages failed in
    dead_letters: Mapping[str, tuple[Queue, Queue]] = field(default_factory=dict, kw_only=True)


@dataclass(frozen=True, slots=True)
class Settings:
    posts_bucket: str
    labels_bucket: str
    releases_bucket: str
    labeling_queue_url: str
    work_queue_url: str


_lock = threading.Lock()
_wired: list[Cloud] = []


def cloud() -> Cloud:
    """The stack's; the first call starts the local one where it is meant and not running."""
    with _lock:
        if not _wired:
            _wired.append(_connect())
        return _wired[0]


def wire(other: Cloud | None) -> None:
    """Works with `other` from now on (tests give fakes); None goes back to the stack's."""
    with _lock:
        _wired[:] = [other] if other else []


def _connect() -> Cloud:
    from pipeline.adapters import aws  # boto3 takes 0.3 s to import: only who needs it pays

    env = stack.environment(os.environ)
    settings, clients = config.load(Settings, env), aws.clients(env)
    return Cloud(
        posts=aws.S3Store(clients.s3, settings.posts_bucket),
        labels=aws.S3Store(clients.s3, settings.labels_bucket),
        releases=aws.S3Store(clients.s3, settings.releases_bucket),
        inbox=aws.SqsQueue(clients.sqs, settings.labeling_queue_url),
        work=aws.SqsQueue(clients.sqs, settings.work_queue_url),
        dead_letters={
            name: (aws.SqsQueue(clients.sqs, env[dead]), aws.SqsQueue(clients.sqs, env[live]))
            for name, (dead, live) in QUEUES.items()
            if env.get(dead) and env.get(live)
        },
    )
