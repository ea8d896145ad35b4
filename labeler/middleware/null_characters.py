"""Refuses the one character that PostgreSQL takes in no text, NUL, in an address's query and in forms."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import BadRequest
from django.http import HttpRequest
from django.utils.deprecation import MiddlewareMixin

REFUSED = "given NUL (U+0000), allowed: text without"


class NullCharactersMiddleware(MiddlewareMixin):
    """What reads JSON bodies looks for itself: `labeler.labeling.pages.forms.body`, `labeler.api.schemas.In`."""

    def process_view(self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any) -> None:
        if "%00" in request.META.get("QUERY_STRING", ""):
            raise BadRequest(f"query: {REFUSED}")
        # Who is exempt reads the body as a stream; of all others the form has been read by the CSRF check.
        if request.method == "POST" and not getattr(view, "csrf_exempt", False):
            for name, values in request.POST.lists():
                if any("\0" in one for one in values):
                    raise BadRequest(f"{name}: {REFUSED}")
