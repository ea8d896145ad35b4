"""Every view states who may call it: `@allow("labeler")`, or `@allow(ANYBODY)` for the few that need no account.

A test walks all routes and fails for a view that carries no statement.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import DisallowedHost, PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from labeler.accounts.models import ROLES, User

ANYBODY = "anybody"
LOOPBACK = frozenset({"127.0.0.1", "::1", "[::1]", "localhost"})
MEMBER = "member"  # any account, whatever its role

View = TypeVar("View", bound=Callable[..., HttpResponseBase])


class MemberRequest(HttpRequest):
    """What a view gets that `allow` lets accounts into: somebody is logged in."""

    user: User


def member(request: HttpRequest) -> User:
    """Who is logged in, where no `allow` has seen to it. Raises `PermissionDenied` for a stranger."""
    if not request.user.is_authenticated:
        raise PermissionDenied("log in first")
    return request.user


def is_from_here(request: HttpRequest) -> bool:
    """Whether it comes from this machine and calls it by a name of the loopback. What a proxy has passed on does not:
    its own address is all one sees."""
    passed_on = {"HTTP_X_FORWARDED_FOR", "HTTP_FORWARDED", "HTTP_VIA"}
    try:
        named = request.get_host().rsplit(":", 1)[0]
    except DisallowedHost:  # the page that refuses it asks too
        return False
    return (
        named in LOOPBACK and request.META.get("REMOTE_ADDR") in LOOPBACK and passed_on.isdisjoint(request.META.keys())
    )


def allow(role: str) -> Callable[[View], View]:
    """Lets in accounts that have `role` or a higher one.

    A stranger is sent to log in, or gets 401 where a script asked (`Accept` without `text/html`); an account without
    the role gets 403.
    """
    if role not in (*ROLES, ANYBODY, MEMBER):
        raise ValueError(f"role: given {role!r}, allowed: {', '.join((*ROLES, ANYBODY, MEMBER))}")

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if role == ANYBODY:
                return view(request, *args, **kwargs)
            if not request.user.is_authenticated:
                if request.accepts("text/html"):
                    return redirect_to_login(request.get_full_path())
                return JsonResponse({"error": "log in first"}, status=401)
            if role != MEMBER and role not in request.user.roles:
                raise PermissionDenied(f"this page is for the role {role!r}")
            return view(request, *args, **kwargs)

        guarded.allowed = role  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate
