"""What a labeler has done so far on a leased post, so that a reload or another machine comes back to it."""

from typing import Any

from labeler.labeling.models import Annotation, Assignment, Draft
from labeler.labeling.tasks.leases import Lease


def save(lease: Lease, state: dict[str, Any]) -> None:
    """Keeps the newest state alone."""
    assignment = lease.assignment
    Draft.objects.update_or_create(
        task_id=assignment.task_id, labeler_id=assignment.labeler_id, defaults={"state": state}
    )


def load(lease: Lease) -> dict[str, Any]:
    """The draft, or the answer that was sent back to them; empty for a post that nobody began."""
    assignment, draft = lease.assignment, lease.draft
    of = {"task": assignment.task_id, "labeler": assignment.labeler_id}
    if draft is None:
        found = Draft.objects.filter(**of).first()
        draft = found.state if found else {}
    if draft or assignment.state != Assignment.State.ANSWERED:
        return draft
    return state_of(Annotation.objects.filter(**of, current=True).first())


def state_of(answer: Annotation | None) -> dict[str, Any]:
    """A former answer as the draft it was."""
    if answer is None:
        return {}
    return {
        "spans": [[*one["tokens"], one["label"]] for one in answer.spans if one["tokens"][0] >= 0],
        "flagged": answer.flagged,
        "comment": answer.comment,
        "active": answer.active_seconds,
    }
