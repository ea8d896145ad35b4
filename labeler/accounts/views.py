"""Logging in, by name or by confirmed address; and the mails of one machine, which its local SES was given."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Self

from allauth.account.internal.flows.email_verification import send_verification_email_to_address
from allauth.account.models import EmailAddress
from django import forms
from django.conf import settings
from django.contrib.auth.forms import AuthenticationForm
from django.contrib.auth.views import LoginView
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from labeler.accounts.access import ANYBODY, allow, is_from_here, member
from labeler.accounts.models import User
from labeler.services import job_services

MAILS_SHOWN = 100


class LoginForm(AuthenticationForm):
    def clean_username(self) -> str:
        given = str(self.cleaned_data["username"])
        confirmed = EmailAddress.objects.filter(email__iexact=given, verified=True).select_related("user").first()
        return confirmed.user.get_username() if confirmed else given

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        addresses = list(EmailAddress.objects.filter(user=user))
        # Accounts made by an admin have no address to confirm.
        if addresses and not any(one.verified for one in addresses):
            # Their password was right, so the mail goes to nobody new; allauth sends one every three minutes at most.
            if self.request:
                send_verification_email_to_address(self.request, addresses[0])
            raise forms.ValidationError(
                f"Confirm your address first: the link is in the mail to {addresses[0].email}, which we have just sent "
                "again unless it was sent within the last minutes."
            )


class Login(LoginView):
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_default_redirect_url(self) -> str:
        roles = member(self.request).roles
        return super().get_default_redirect_url() if "labeler" in roles else reverse(settings.HOME_WITHOUT_ROLE)


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
    """They hold links that let their reader in: the page is for admins, and for whoever sits at this machine. Where
    mails leave it, there is no such page."""
    is_admin = request.user.is_authenticated and "admin" in request.user.roles
    if settings.ON_AWS or not (is_admin or is_from_here(request)):
        raise Http404
    at = job_services()
    if at.read_mailbox is None:
        raise Http404
    here = request.build_absolute_uri("/").rstrip("/")
    found = [one.linked(at.site_url, here) for one in _read(at.read_mailbox())]
    return render(request, "account/mails.html", {"mails": found})


def _read(mailbox: bytes) -> list[Mail]:
    """Newest first."""
    by_account: Mapping[str, list[Mapping[str, Any]]] = json.loads(mailbox)["messages"]
    sent = [one for messages in by_account.values() for one in messages]
    newest = sorted(sent, key=lambda one: float(one["Timestamp"]), reverse=True)[:MAILS_SHOWN]
    return [
        Mail(", ".join(one["To"]), one["Subject"], one["BodyText"], datetime.fromtimestamp(one["Timestamp"], UTC))
        for one in newest
    ]
