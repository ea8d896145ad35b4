"""The audit log: who changed what, when, from what to what."""

from collections.abc import Mapping
from typing import Any

from labeler.accounts.models import User
from labeler.review.models import AuditEntry


def record(by: User | None, subject: str, action: str, before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Keeps what differs alone; nothing when nothing does."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not names:
        return
    AuditEntry.objects.create(
        by=by,
        subject=subject[:200],
        action=action,
        before={name: before[name] for name in names if name in before},
        after={name: after[name] for name in names if name in after},
    )
