"""SQS notify → a mail: about the end of a job, or one that the application has written."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pipeline import batch
from pipeline.config import load
from pipeline.jobs.mail import MAIL, notify, pass_on
from pipeline.jobs.services import JobServices
from pipeline.jobs.wiring import JobFunctionSettings, job_function, mailer
from pipeline.schema import Json
from pipeline.schema.job import ENDED, JobMessage


@dataclass(frozen=True)
class NotifySettings(JobFunctionSettings):
    mail_sender: str = ""  # none: nobody is mailed
    site_url: str = ""


def handler(event: batch.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[batch.Event], Json]:
    settings = load(NotifySettings, os.environ)
    mails = mailer(os.environ, settings.mail_sender)

    def mail(services: JobServices, value: Json) -> None:
        if settings.mail_sender and value.get("schema") == MAIL:
            pass_on(mails, value)
        elif settings.mail_sender:
            notify(services, mails, settings.site_url, JobMessage.read(value, ENDED))

    return job_function(os.environ, settings, "notify", mail)
