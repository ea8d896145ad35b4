"""What the labeler works with outside of its own process and database, wired once a process at first use."""

import logging
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address
from typing import Generic, TypeVar
from urllib.parse import urlsplit

from labeler.billing import MANUAL, Billing
from pipeline import config, stack
from pipeline.dead_letters import QUEUES, bury
from pipeline.jobs import services as job_pipeline
from pipeline.ports import ObjectStore, Queue, Received, Sender
from pipeline.schema.job import PREMIUM

T = TypeVar("T")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Cloud:
    posts: ObjectStore
    labels: ObjectStore
    releases: ObjectStore
    inbox: Queue  # prepared posts on their way to the labelers
    work: Queue  # commands for `manage.py worker`
    # name of a dead-letter queue → it, and the queue its messages failed in
    dead_letters: Mapping[str, tuple[Queue, Queue]] = field(default_factory=dict, kw_only=True)

    def bury(self, name: str, received: Received, error: Exception) -> None:
        """Takes a message that nobody will ever read to the dead-letter queue of this name, and says why. Where that
        cannot be now, the message comes again."""
        log.error("message %s of the queue %r cannot be read: %s", received.id, name, error)
        if name in self.dead_letters:
            bury(received, error, *self.dead_letters[name])


@dataclass(frozen=True, slots=True)
class JobServices:
    jobs: job_pipeline.JobServices
    plans: Sender  # topic of changes of plan
    mails: Sender  # queue of mails to be sent
    free_bytes: int
    premium_bytes: int
    uploads_to: str  # origin that forms with files are sent to
    read_mailbox: Callable[[], bytes] | None = None  # what was mailed, as the local AWS lists it
    site_url: str = ""  # what links in mails about jobs begin with
    billing: Billing = MANUAL

    def most(self, plan: str) -> int:
        """Largest file of a plan, in bytes."""
        return self.premium_bytes if plan == PREMIUM else self.free_bytes


@dataclass(frozen=True, slots=True)
class Settings:
    posts_bucket: str
    labels_bucket: str
    releases_bucket: str
    labeling_queue_url: str
    work_queue_url: str


@dataclass(frozen=True, slots=True)
class JobSettings:
    jobs_bucket: str
    jobs_plans_topic_arn: str
    notify_queue_url: str
    jobs_free_bytes: str
    jobs_premium_bytes: str
    region: str
    endpoint_url: str = ""
    site_url: str = ""


class Located(Generic[T]):
    """Called, it gives the stack's; the first call starts the local stack where it is meant and not running."""

    def __init__(self, connect: Callable[[], T]) -> None:
        self._connect, self._lock = connect, threading.Lock()
        self._wired: list[T] = []

    def __call__(self) -> T:
        with self._lock:
            if not self._wired:
                self._wired.append(self._connect())
            return self._wired[0]

    def wire(self, other: T | None) -> None:
        """Gives `other` from now on (tests give fakes); None goes back to the stack's."""
        with self._lock:
            self._wired[:] = [other] if other else []


def _connect_cloud() -> Cloud:
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


def _connect_jobs() -> JobServices:
    from pipeline.adapters import aws  # as above
    from pipeline.jobs import wiring

    env = stack.environment(os.environ)
    settings, clients = config.load(JobSettings, env), aws.clients(env)
    bucket = f"https://{settings.jobs_bucket}.s3.{settings.region}.amazonaws.com https://{settings.jobs_bucket}.s3.amazonaws.com"
    return JobServices(
        wiring.job_services(env),
        aws.SnsTopic(clients.sns, settings.jobs_plans_topic_arn),
        aws.SqsQueue(clients.sqs, settings.notify_queue_url),
        int(settings.jobs_free_bytes),
        int(settings.jobs_premium_bytes),
        settings.endpoint_url or bucket,
        partial(clients.read_local, "/_ministack/ses/messages") if _is_on_loopback(settings.endpoint_url) else None,
        settings.site_url,
    )


def _is_on_loopback(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


cloud = Located(_connect_cloud)
job_services = Located(_connect_jobs)
