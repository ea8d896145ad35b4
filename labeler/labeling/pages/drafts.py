"""Drafts: what a labeler has done on a task so far, so that a reload or another machine comes back to it."""

from typing import Any

from labeler.labeling.models import Draft
from labeler.labeling.tasks.leases import Lease


def save(lease: Lease, state: dict[str, Any]) -> None:
    """Keeps the newest state alone."""
    Draft.objects.update_or_create(
        task_id=lease.place.task_id, labeler_id=lease.place.labeler_id, defaults={"state": state}
    )


def load(lease: Lease) -> dict[str, Any]:
    """Empty when there is none."""
    if lease.draft is not None:
        return lease.draft
    found = Draft.objects.filter(task_id=lease.place.task_id, labeler_id=lease.place.labeler_id).first()
    return found.state if found else {}
