"""The audit log: who changed what, when, from what to what. The worker puts each entry into S3."""

import json
import logging
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from django.utils import timezone

from labeler.accounts.models import User
from labeler.audit.models import AuditEntry
from labeler.services import cloud
from pipeline.ports import ObjectExists, StoreUnavailable

log = logging.getLogger(__name__)

BATCH = 200
AT_ONCE = 8


def record(
    by: User | None,
    subject: str,
    action: str,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
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


def body(row: AuditEntry) -> bytes:
    """The object of a row: the same bytes at every call."""
    return json.dumps(row.record().to_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def sweep() -> int:
    """Stores what waits, oldest first; returns how many were stored."""
    stored = 0
    waiting = AuditEntry.objects.filter(stored_at__isnull=True).select_related("by").order_by("pk")
    while batch := list(waiting[:BATCH]):
        with ThreadPoolExecutor(AT_ONCE) as pool:
            there = [row.pk for row, done in zip(batch, pool.map(_put, batch), strict=True) if done]
        AuditEntry.objects.filter(pk__in=there).update(stored_at=timezone.now())
        stored += len(there)
        if len(there) < len(batch):
            break
    return stored


def _put(row: AuditEntry) -> bool:
    made = row.record()
    try:
        cloud().labels.put_new(made.key, body(row))
    except ObjectExists:
        return True  # its name is random, so it is this entry, put before a crash
    except StoreUnavailable as error:
        log.warning("audit entry %s waits for S3: %s", row.pk, error)
        return False
    return True
