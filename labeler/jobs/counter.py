"""What the pages about jobs work with, wired once a process at first use."""

import os
import threading
from dataclasses import dataclass

from labeler.jobs.billing import MANUAL, Billing
from pipeline import config, stack
from pipeline.jobs.services import JobServices
from pipeline.ports import Sender
from pipeline.schema.job import PREMIUM


@dataclass(frozen=True, slots=True)
class Counter:
    office: JobServices
    plans: Sender  # topic of changes of plan
    mails: Sender  # queue of mails to be sent
    free_bytes: int
    premium_bytes: int
    uploads_to: str  # origin that forms with files are sent to
    mailbox: str = ""  # where the local AWS lists what was mailed
    site_url: str = ""  # what links in mails about jobs begin with
    billing: Billing = MANUAL

    def most(self, plan: str) -> int:
        """Largest file of a plan, in bytes."""
        return self.premium_bytes if plan == PREMIUM else self.free_bytes


@dataclass(frozen=True, slots=True)
class Settings:
    jobs_bucket: str
    jobs_plans_topic_arn: str
    notify_queue_url: str
    jobs_free_bytes: str
    jobs_premium_bytes: str
    region: str
    endpoint_url: str = ""
    site_url: str = ""


_lock = threading.Lock()
_wired: list[Counter] = []


def counter() -> Counter:
    """The stack's; the first call starts the local one where it is meant and not running."""
    with _lock:
        if not _wired:
            _wired.append(_connect())
        return _wired[0]


def wire(other: Counter | None) -> None:
    """Works with `other` from now on (tests give fakes); None goes back to the stack's."""
    with _lock:
        _wired[:] = [other] if other else []


def _connect() -> Counter:
    from pipeline.adapters import aws  # boto3 takes 0.3 s to import: only who needs it pays
    from pipeline.jobs.wiring import job_services

    env = stack.environment(os.environ)
    settings, clients = config.load(Settings, env), aws.clients(env)
    bucket = f"https://{settings.jobs_bucket}.s3.{settings.region}.amazonaws.com https://{settings.jobs_bucket}.s3.amazonaws.com"
    return Counter(
        job_services(env),
        aws.SnsTopic(clients.sns, settings.jobs_plans_topic_arn),
        aws.SqsQueue(clients.sqs, settings.notify_queue_url),
        int(settings.jobs_free_bytes),
        int(settings.jobs_premium_bytes),
        settings.endpoint_url or bucket,
        f"{settings.endpoint_url}/_ministack/ses/messages" if settings.endpoint_url else "",
        settings.site_url,
    )
