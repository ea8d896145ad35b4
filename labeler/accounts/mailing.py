"""Django's mails, through the queue of the function that mails about jobs.

The application reaches no mail service from its private network, and no page waits for one.
"""

import json
from collections.abc import Sequence

from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage, EmailMultiAlternatives

from labeler.services import job_services
from pipeline.jobs.mail import MAIL
from pipeline.ports import Message, StoreUnavailable


class Backend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """How many the queue took. Raises `StoreUnavailable` where it did not take all, unless told to be silent."""
        bodies = [Message(json.dumps(_mail(one, to))) for one in email_messages for to in one.recipients()]
        unsent = job_services().mails.send(bodies)
        if unsent and not self.fail_silently:
            raise StoreUnavailable(f"{len(unsent)} of {len(bodies)} mails were not taken by the queue")
        return len(bodies) - len(unsent)


def _mail(one: EmailMessage, to: str) -> dict[str, str]:
    alternatives = one.alternatives if isinstance(one, EmailMultiAlternatives) else []
    html = next((str(content) for content, kind in alternatives if kind == "text/html"), "")
    return {"schema": MAIL, "to": to, "subject": str(one.subject), "text": str(one.body), "html": html}
