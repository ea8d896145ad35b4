"""The mails of one machine: what the local SES was given, for the reader of a confirmation or the end of a job."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self
from urllib.request import urlopen

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from labeler.accounts.access import ANYBODY, allow
from labeler.services import job_services

SHOWN = 100


@dataclass(frozen=True, slots=True)
class Mail:
    to: str
    subject: str
    text: str
    at: datetime

    def linked(self, site: str, here: str) -> Self:
        """Its links lead to where this page was asked for: a labeler on one machine has another port at each start,
        and mails outlive it."""
        return replace(self, text=self.text.replace(f"{site}/", f"{here}/")) if site else self


@require_GET
@allow(ANYBODY)
def mails(request: HttpRequest) -> HttpResponse:
    """Open to anybody, who is whoever sits at this machine; on AWS there is no such page."""
    if settings.ON_AWS:
        raise Http404
    at = job_services()
    here = request.build_absolute_uri("/").rstrip("/")
    found = [one.linked(at.site_url, here) for one in _read(at.mailbox)] if at.mailbox else []
    return render(request, "account/mails.html", {"mails": found})


def _read(address: str) -> list[Mail]:
    """Newest first."""
    with urlopen(address, timeout=10) as answer:  # noqa: S310  our own emulator's
        by_account: Mapping[str, list[Mapping[str, Any]]] = json.load(answer)["messages"]
    sent = [one for messages in by_account.values() for one in messages]
    newest = sorted(sent, key=lambda one: float(one["Timestamp"]), reverse=True)[:SHOWN]
    return [
        Mail(", ".join(one["To"]), one["Subject"], one["BodyText"], datetime.fromtimestamp(one["Timestamp"], UTC))
        for one in newest
    ]
