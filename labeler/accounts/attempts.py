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
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from labeler.accounts.access import View
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
    """`most` in `seconds`; `failures`: what succeeds does not count."""

    most: int
    seconds: int
    failures: bool = False
    reads: bool = False  # GET counts too

    def count(self, who: str) -> int:
        """Counts one more of `who`, which names the kind too; the seconds to wait where it is one too many, else 0."""
        now = int(time.time())
        before = now - self.seconds
        began, made = _COUNT.row(_row(who), now, before, before) or (now, 1)
        if made == 1:
            _FORGET.change(now - DAY)
        return max(began + self.seconds - now, 1) if made > self.most else 0

    def give_back(self, who: str) -> None:
        _GIVE_BACK.change(_row(who))


def _row(who: str) -> str:
    return hashlib.sha256(who.encode()).hexdigest()  # addresses of people are not kept


# Of what `limited` guards.
LIMITS = {
    "log-in": Limit(60, 900, failures=True),
    "sign-up": Limit(30, 3600),
    "password": Limit(20, 900),
    "link": Limit(60, 900, reads=True),
}
# Of mails to one address, whoever asks for them.
CONFIRMATION, MAIL = "confirmation", "mail"
MAILS = {CONFIRMATION: Limit(1, 180), MAIL: Limit(5, 900)}


def limited(name: str) -> Callable[[View], View]:
    """Refuses who has tried too often by 429, saying when to try again."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            limit = LIMITS[name]
            if request.method != "POST" and not limit.reads:
                return view(request, *args, **kwargs)
            who = f"{name} {client(request)}"
            if wait := limit.count(who):
                return _refused(request, wait)
            response = view(request, *args, **kwargs)
            if limit.failures and response.status_code == 302:
                limit.give_back(who)
            return response

        return guarded  # type: ignore[return-value]

    return decorate


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
