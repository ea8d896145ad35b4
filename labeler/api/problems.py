"""Errors as problem details (RFC 9457): what was wrong, with which field, what was given and what is allowed."""

import http
import logging
from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import reverse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from labeler import faults
from labeler.adjudication.decisions import Overtaken
from labeler.labeling.tasks.leases import LeaseLost
from pipeline.errors import InvalidInput
from pipeline.ports import StoreUnavailable

log = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """An answer that is an error. `more`: further members of the problem details."""

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> None:
        self.status, self.detail, self.headers, self.more = status, detail, headers or {}, more
        super().__init__(detail)


def response(status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> HttpResponse:
    body = {"type": "about:blank", "title": http.HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return JsonResponse(body, status=status, headers=headers, content_type=CONTENT_TYPE)


class ProblemsMiddleware:
    """Errors from before an operation is found, such as an address that there is not, as problem details."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.root = reverse("api:api-root")

    def __call__(self, request: HttpRequest) -> HttpResponse:
        found = self.get_response(request)
        if found.status_code < 400 or found["Content-Type"] == CONTENT_TYPE or not request.path.startswith(self.root):
            return found
        allowed = found.headers.get("Allow")
        detail = f"{request.method} {request.path}" + (f": allowed: {allowed}" if allowed else "")
        return response(found.status_code, detail, {"Allow": allowed} if allowed else None)


def _invalid_input(error: InvalidInput) -> HttpResponse:
    errors = [{"field": error.field, "given": error.shown(), "allowed": error.allowed}]
    return response(400, str(error), errors=errors)


def _invalid_schema(error: ValidationError) -> HttpResponse:
    errors = [{"field": ".".join(map(str, one["loc"])), "allowed": one["msg"]} for one in error.errors]
    return response(422, "the request does not fit its schema", errors=errors)


_ANSWERS: dict[type[Exception], Callable[[Any], HttpResponse]] = {
    Problem: lambda error: response(error.status, error.detail, error.headers, **error.more),
    InvalidInput: _invalid_input,
    ValidationError: _invalid_schema,
    AuthenticationError: lambda error: response(
        401, "a key that works is needed: Authorization: Bearer lm_…", {"WWW-Authenticate": "Bearer"}
    ),
    LeaseLost: lambda error: response(409, str(error)),
    Overtaken: lambda error: response(409, str(error)),
    StoreUnavailable: lambda error: response(503, "storage is away, try again", {"Retry-After": "10"}),
    Http404: lambda error: response(404, str(error) or "there is no such thing"),
    HttpError: lambda error: response(error.status_code, str(error)),
}


def install(api: NinjaAPI) -> None:
    for kind, answer in _ANSWERS.items():
        api.add_exception_handler(kind, _handler(answer))
    api.add_exception_handler(Exception, _crashed)


def _handler(answer: Callable[[Any], HttpResponse]) -> Callable[[HttpRequest, Any], HttpResponse]:
    return lambda request, error: answer(error)


def _crashed(request: HttpRequest, error: Any) -> HttpResponse:
    if found := faults.known(error):
        return response(*found, {"Retry-After": str(faults.RETRY_SECONDS)})
    log.error("%s %s", request.method, request.path, exc_info=error)
    return response(500, "our fault; it is in the log")
