"""Who asks: the client's address behind CloudFront and API Gateway, and no request past CloudFront where there is one.

Zappa takes the second last entry of `X-Forwarded-For`, which anybody can write, and so would a lock-out count by it.
CloudFront writes the address it sees, over what was sent, and adds a secret that proves it was CloudFront. Headers are
read from the API Gateway's event by their exact names: among WSGI's, `x_viewer_address` would pass for
`x-viewer-address`.
"""

import hmac
import ipaddress
import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse, HttpResponseForbidden

from labeler import secret_values

log = logging.getLogger(__name__)

# As CloudFront is told them by the infrastructure program.
ADDRESS, SECRET = "x-viewer-address", "x-origin-secret"
REREAD_SECONDS = 60  # a stranger who guesses must not have Secrets Manager asked at each guess


class OriginSecret:
    """What CloudFront proves itself by. While it is being replaced, the old and the new one are both right."""

    def __init__(self, read: Callable[[], list[str]], now: Callable[[], float] = time.monotonic) -> None:
        self._read, self._now = read, now
        self._known = read()
        self._read_at = now()

    def is_right(self, given: str) -> bool:
        if self._matches(given):
            return True
        if self._now() - self._read_at < REREAD_SECONDS:
            return False
        self._known, self._read_at = self._read(), self._now()
        return self._matches(given)

    def _matches(self, given: str) -> bool:
        return any(hmac.compare_digest(given.encode(), one.encode()) for one in self._known)


class ClientAddressMiddleware:
    """Makes `REMOTE_ADDR` the client's address, and the host the site's, in the function behind the API Gateway."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.IN_LAMBDA:
            raise MiddlewareNotUsed  # a server is told its client's address by the connection
        self.get_response = get_response
        arn = settings.ORIGIN_SECRET_ARN
        self._secret = OriginSecret(lambda: secret_values.read(arn, os.environ)) if arn else None

    def __call__(self, request: HttpRequest) -> HttpResponse:
        event: Mapping[str, Any] = request.META["lambda.event"]
        address = self._told(event) if self._secret else _caller(event)
        if address is None:
            return HttpResponseForbidden(
                "Nothing is served at this address: use the site's.", content_type="text/plain"
            )
        request.META["REMOTE_ADDR"] = address
        request.META.pop("HTTP_X_FORWARDED_FOR", None)  # nobody is to believe it
        if settings.SITE_HOST:
            request.META["HTTP_HOST"] = settings.SITE_HOST  # CloudFront asks by the API Gateway's name
        return self.get_response(request)

    def _told(self, event: Mapping[str, Any]) -> str | None:
        """The address that CloudFront tells; None when it was not CloudFront that asked."""
        secrets, addresses = _header(event, SECRET), _header(event, ADDRESS)
        if len(secrets) != 1 or self._secret is None or not self._secret.is_right(secrets[0]):
            return None
        if len(addresses) != 1 or not (found := _valid(addresses[0])):
            log.error("CloudFront told no address of its client: %r", addresses)
            return None
        return found


def _header(event: Mapping[str, Any], name: str) -> list[str]:
    several = event.get("multiValueHeaders") or {key: [one] for key, one in (event.get("headers") or {}).items()}
    return [value for key, values in several.items() if key.lower() == name for value in values]


def _caller(event: Mapping[str, Any]) -> str | None:
    """Who called the API Gateway, as it saw them: the client where no CloudFront is before it."""
    return _valid(str(event.get("requestContext", {}).get("identity", {}).get("sourceIp", "")))


def _valid(given: str) -> str | None:
    try:
        return str(ipaddress.ip_address(given.strip()))
    except ValueError:
        return None
