"""While the database is away, as one that was asleep is for half a minute: a page that tries again by itself."""

import logging
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.db import OperationalError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from labeler.api import problems

log = logging.getLogger(__name__)

RETRY_SECONDS = 5
SAYS = "the database does not answer yet, try again in a moment"


class DatabaseWakeUpMiddleware:
    """Connects before anything else needs the database.

    Pages that need none connect too: whoever opens the log-in page wakes the database before they have typed a word
    that a failing answer would lose.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if connection.vendor != "postgresql":
            raise MiddlewareNotUsed  # a file never sleeps
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        try:
            connection.close_if_health_check_failed()
            connection.ensure_connection()
        except OperationalError as error:
            log.warning("the database does not take a connection: %s", error)
            return _answer(request)
        return self.get_response(request)


def _answer(request: HttpRequest) -> HttpResponse:
    after = {"Retry-After": str(RETRY_SECONDS), "Cache-Control": "no-store"}
    if request.path.startswith(reverse("api:api-root")):
        return problems.response(503, SAYS, after)
    if not request.accepts("text/html"):
        return JsonResponse({"error": SAYS}, status=503, headers=after)
    is_read = request.method in ("GET", "HEAD")
    page = {
        "may_sleep": settings.DATABASE_MAY_SLEEP,
        "seconds": RETRY_SECONDS,
        "back_to": "" if is_read else _before(request),
        "theme": request.COOKIES.get("theme"),
    }
    return HttpResponse(render_to_string("waking.html", page), status=503, headers=after)


def _before(request: HttpRequest) -> str:
    """The page that a form was sent from."""
    page = request.headers.get("Referer", "")
    hosts = {request.get_host()}
    return (
        page
        if url_has_allowed_host_and_scheme(page, hosts, require_https=request.is_secure())
        else reverse("labeling:home")
    )
