"""The audit log: who changed what, when, from what to what. The worker puts each entry into S3."""

from collections.abc import Mapping

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry


def record(
    by: User | None,
    subject: str,
    action: str,
    before: Mapping[str, object],
    after: Mapping[str, object],
    account: str = "",
) -> None:
    """Keeps what differs alone; nothing when nothing does. `account`: opaque id of the account it is about."""
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    if not names:
        return
    AuditEntry.objects.create(
        by=by,
        subject=subject[:200],
        action=action,
        account=account,
        before={name: before[name] for name in names if name in before},
        after={name: after[name] for name in names if name in after},
    )
