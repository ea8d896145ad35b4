"""SQS notify → a mail: about the end of a job, or one that the application has written."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pipeline.config import load
from pipeline.jobs import records
from pipeline.jobs.job import ENDED, Told
from pipeline.jobs.mail import MAIL, notify, pass_on
from pipeline.jobs.wiring import Settings as OfficeSettings
from pipeline.jobs.wiring import mailer, office
from pipeline.schema import Json


@dataclass(frozen=True)
class Settings(OfficeSettings):
    mail_sender: str = ""  # none: nobody is mailed
    site_url: str = ""


def handler(event: records.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[records.Event], Json]:
    settings = load(Settings, os.environ)
    desk, mails = office(os.environ), mailer(os.environ, settings.mail_sender)

    def one(value: Json) -> None:
        if settings.mail_sender and value.get("schema") == MAIL:
            pass_on(mails, value)
        elif settings.mail_sender:
            notify(desk, mails, settings.site_url, Told.from_json(value, ENDED))

    return lambda event: records.run(event, one, stage="notify", clock=desk.clock)
