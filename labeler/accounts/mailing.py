"""Django's mails, through the queue of the function that mails about jobs.

The application reaches no mail service from its private network, and no page waits for one.
"""

import json
import logging
from collections.abc import Sequence
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage, EmailMultiAlternatives

from labeler.accounts.attempts import CONFIRMATION, MAIL, MAILS
from labeler.services import job_services
from pipeline.jobs import mail
from pipeline.ports import Message, StoreUnavailable

log = logging.getLogger(__name__)


class Backend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many the queue took. Raises `StoreUnavailable` where it did not take all, unless told to be silent."""
        bodies = [Message(json.dumps(_mail(one, to))) for one in email_messages for to in one.recipients()]
        unsent = job_services().mails.send(bodies)
        if unsent and not self.fail_silently:
            raise StoreUnavailable(f"{len(unsent)} of {len(bodies)} mails were not taken by the queue")
        return len(bodies) - len(unsent)


class Adapter(DefaultAccountAdapter):  # type: ignore[misc]  # allauth ships no types
    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Not more than an address may get, whoever asks; the page that asked does not tell who has an account."""
        kinds = (CONFIRMATION, MAIL) if "email_confirmation" in template_prefix else (MAIL,)
        if any(MAILS[kind].count(f"{kind} {email.lower()}") for kind in kinds):
            log.warning("a mail (%s) is not sent: its address had as many as it may", template_prefix)
            return
        super().send_mail(template_prefix, email, context)


def _mail(one: EmailMessage, to: str) -> dict[str, str]:
    alternatives = one.alternatives if isinstance(one, EmailMultiAlternatives) else []
    html = next((str(content) for content, kind in alternatives if kind == "text/html"), "")
    return {"schema": mail.MAIL, "to": to, "subject": str(one.subject), "text": str(one.body), "html": html}
