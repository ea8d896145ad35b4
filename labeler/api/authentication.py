"""Who may call an operation: a key with its scope, of an account that has the role for it."""

from django.http import HttpRequest
from django.utils import timezone
from ninja.security import HttpBearer

from labeler.accounts.models import User
from labeler.api import keys
from labeler.api.models import ApiKey
from labeler.api.problems import Problem


class ApiKeyBearer(HttpBearer):
    """Each operation states its scope; `Authorization: Bearer lm_…` carries the key."""

    def __init__(self, scope: str) -> None:
        if scope not in keys.SCOPES:
            raise ValueError(f"scope: given {scope!r}, allowed: {', '.join(keys.SCOPES)}")
        self.scope = scope
        super().__init__()

    def authenticate(self, request: HttpRequest, token: str) -> ApiKey | None:
        key = keys.recognise(token)
        if key is None:
            return None
        wait = keys.count(key, timezone.now())
        if wait is not None:
            detail = f"{keys.A_MINUTE} requests a minute are allowed"
            raise Problem(429, detail, {"Retry-After": str(wait)})
        if self.scope not in key.scopes:
            raise Problem(403, f"this key lacks the scope {self.scope!r}")
        if keys.SCOPES[self.scope] not in key.user.roles:
            raise Problem(403, f"this account lacks the role {keys.SCOPES[self.scope]!r}")
        return key


def key_of(request: HttpRequest) -> ApiKey:
    key: ApiKey = request.auth  # type: ignore[attr-defined]
    return key


def user_of(request: HttpRequest) -> User:
    return key_of(request).user
