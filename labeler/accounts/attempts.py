"""How often one client may try a log-in, a sign-up, a lost password, or a link out of a mail.

Counted in the database, each by one statement, so that all threads and processes count together. django-axes locks an
account against one address after wrong passwords; this counts an address, whatever names it tries.
"""

import hashlib
import ipaddress
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from labeler.sql import Statement

IPV6_PREFIX = 64  # what one client of IPv6 has to choose from
DAY = 86_400

# A row a client and kind: when its time began, and how many it has made since. Times are seconds since 1970.
_COUNT = Statement(
    """INSERT INTO accounts_attempts AS a (id, began, made) VALUES (%s, %s, 1)
    ON CONFLICT (id) DO UPDATE SET
        made = CASE WHEN a.began <= %s THEN 1 ELSE a.made + 1 END,
        began = CASE WHEN a.began <= %s THEN excluded.began ELSE a.began END
    RETURNING began, made"""
)
_GIVE_BACK = Statement("UPDATE accounts_attempts SET made = made - 1 WHERE id = %s AND made > 0")
_FORGET = Statement("DELETE FROM accounts_attempts WHERE began < %s")


@dataclass(frozen=True, slots=True)
class Limit:
    """`most` in `seconds`. `failures`: one that succeeds does not count."""

    name: str
    most: int
    seconds: int
    failures: bool = False
    reads: bool = False  # GET counts too

    def count(self, who: str) -> int:
        """Counts one more of `who`; the seconds to wait where that is one too many, else 0."""
        now = int(time.time())
        before = now - self.seconds
        began, made = _COUNT.row(self._row(who), now, before, before) or (now, 1)
        if made == 1:
            _FORGET.change(now - DAY)
        return max(began + self.seconds - now, 1) if made > self.most else 0

    def give_back(self, who: str) -> None:
        _GIVE_BACK.change(self._row(who))

    def _row(self, who: str) -> str:
        return hashlib.sha256(f"{self.name} {who}".encode()).hexdigest()  # addresses of people are not kept


LOG_IN = Limit("log-in", 60, 900, failures=True)
SIGN_UP = Limit("sign-up", 30, 3600)
RESET = Limit("password", 20, 900)
LINK = Limit("link", 60, 900, reads=True)
ROUTES = {
    "login": LOG_IN,
    "account_login": LOG_IN,
    "account_signup": SIGN_UP,
    "account_reset_password": RESET,
    "account_confirm_email": LINK,
    "account_reset_password_from_key": LINK,
}
# Of mails to one address, whoever asks for them.
CONFIRMATIONS = Limit("confirmation to", 1, 180)
MAILS = Limit("mail to", 5, 900)


class AttemptsMiddleware:
    """After the one that knows the client's address, and after the CSRF check: what that refuses tries nothing."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code == 302 and (counted := getattr(request, "attempt", None)):
            counted.give_back(client(request))
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponse | None:
        limit = ROUTES.get(request.resolver_match.view_name) if request.resolver_match else None
        if limit is None or (request.method != "POST" and not limit.reads):
            return None
        if wait := limit.count(client(request)):
            return _refused(request, wait)
        if limit.failures:
            request.attempt = limit  # type: ignore[attr-defined]
        return None


def client(request: HttpRequest) -> str:
    given = str(request.META.get("REMOTE_ADDR", ""))
    try:
        address = ipaddress.ip_address(given)
    except ValueError:
        return given
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped:
            return str(address.ipv4_mapped)
        return str(ipaddress.ip_network((int(address), IPV6_PREFIX), strict=False))
    return str(address)


def _refused(request: HttpRequest, wait: int) -> HttpResponse:
    minutes = math.ceil(wait / 60)
    says = f"Too many attempts from your address. Try again in {minutes} minute{'' if minutes == 1 else 's'}."
    after = {"Retry-After": str(wait), "Cache-Control": "no-store"}
    if request.accepts("text/html"):
        page = render(request, "429.html", {"says": says}, status=429)
        for name, value in after.items():
            page[name] = value
        return page
    return JsonResponse({"error": says}, status=429, headers=after)
