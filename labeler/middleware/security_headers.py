"""Headers that every answer carries, a strict Content-Security-Policy first of all."""

from csp.constants import SELF, UNSAFE_EVAL, UNSAFE_INLINE
from csp.middleware import CSPMiddleware, PolicyParts
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import reverse

# The admin's theme writes styles, and ships Alpine in the build that makes functions of its attributes' texts: without
# `unsafe-eval` its menus, tabs and themes are dead. Alpine's other build takes no expressions such as the theme writes.
OF_ADMIN = {"script-src": [SELF, UNSAFE_INLINE, UNSAFE_EVAL], "style-src": [SELF, UNSAFE_INLINE]}


class SecurityHeadersMiddleware(CSPMiddleware):
    """The policy is `CONTENT_SECURITY_POLICY` of the settings, looser where a view says so by `csp_update`."""

    def get_policy_parts(
        self, request: HttpRequest, response: HttpResponseBase, report_only: bool = False
    ) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path.startswith(reverse("admin:index")):
            parts.replace = OF_ADMIN | (parts.replace or {})
        return parts

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=()")
        response.headers.setdefault("X-Frame-Options", "DENY")
        return super().process_response(request, response)
