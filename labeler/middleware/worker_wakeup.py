"""Tells the worker that something was written, where it would look into the database seldom to let it sleep."""

import time
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from labeler.worker import commands

PAUSE_SECONDS = 60  # the worker stays awake for longer after each word
SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class WorkerWakeUpMiddleware:
    def __init__(
        self, get_response: Callable[[HttpRequest], HttpResponse], now: Callable[[], float] = time.monotonic
    ) -> None:
        if not settings.DATABASE_MAY_SLEEP:
            raise MiddlewareNotUsed  # the worker looks every few seconds
        self.get_response, self._now = get_response, now
        self._told = -float(PAUSE_SECONDS)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.method not in SAFE and self._now() - self._told >= PAUSE_SECONDS:
            self._told = self._now()
            commands.send("sweep")  # any would do: the worker looks at everything then
        return response
