"""API keys: made, rotated, revoked, and recognised. The secret is shown once and kept as a hash."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Case, F, Q, Value, When
from django.utils import timezone

from labeler.accounts.models import User
from labeler.api.models import ApiKey
from pipeline.errors import InvalidInput

# What a key may do, and the role its account needs for that.
SCOPES = {
    "read": "reviewer",  # posts, annotations, gold, agreement, releases
    "label": "labeler",  # next, submit
    "suggest": "reviewer",
    "gold": "reviewer",
    "import": "admin",
    "release": "admin",
}
MOST_DAYS = 730
A_MINUTE = 600  # requests a key may make
OVERLAP = timedelta(days=1)  # how long a rotated key still works


def make(user: User, name: str, scopes: Collection[str], days: int = 90) -> tuple[ApiKey, str]:
    """The key and its secret text, which nobody can be shown again. Raises `InvalidInput`."""
    if not name.strip() or len(name) > 100:
        raise InvalidInput("name", name, "1 to 100 characters")
    if not 1 <= days <= MOST_DAYS:
        raise InvalidInput("days", days, f"1 to {MOST_DAYS}")
    for scope in scopes or [""]:
        if scope not in SCOPES:
            raise InvalidInput("scopes", scope, ", ".join(SCOPES))
        if SCOPES[scope] not in user.roles:
            raise InvalidInput("scopes", scope, f"scopes of the account's role; this one needs {SCOPES[scope]}")
    now = timezone.now()
    secret = f"lm_{secrets.token_urlsafe(32)}"
    key = ApiKey.objects.create(
        user=user,
        name=name.strip(),
        prefix=secret[:10],
        sha256=_digest(secret),
        scopes=sorted(set(scopes)),
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    return key, secret


def rotate(key: ApiKey, days: int = 90) -> tuple[ApiKey, str]:
    """A new key of the same scopes; the old one works for one more day."""
    with transaction.atomic():
        made = make(key.user, key.name, key.scopes, days)
        until = min(key.expires_at, timezone.now() + OVERLAP)
        ApiKey.objects.filter(pk=key.pk).update(expires_at=until)
    return made


def revoke(key: ApiKey) -> None:
    ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())


def recognise(secret: str) -> ApiKey | None:
    """The key that has this secret and still works."""
    # Looked up by its hash: 256 random bits leave nothing to guess or to time.
    live = Q(revoked_at=None, expires_at__gt=timezone.now(), user__is_active=True)
    return ApiKey.objects.select_related("user").filter(live, sha256=_digest(secret)).first()


def count(key: ApiKey, now: datetime) -> int | None:
    """Counts one request; seconds to wait where the minute's are used up."""
    minute = int(now.timestamp()) // 60
    same = When(window=minute, then=F("used") + 1)
    ApiKey.objects.filter(pk=key.pk).update(used=Case(same, default=Value(1)), window=minute, last_used_at=now)
    used = ApiKey.objects.values_list("used", flat=True).get(pk=key.pk)
    return 60 - int(now.timestamp()) % 60 if used > A_MINUTE else None


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
