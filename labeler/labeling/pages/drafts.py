"""What a labeler has done so far on a leased post, so that a reload or another machine comes back to it.

A state: `spans`, each [first token, last token + 1, label] with a score where it is a suggestion nobody decided on;
`flagged`, `comment`, `active` (seconds). Each may be missing, and what else is in it is kept.
"""

import logging
from typing import Any

from labeler.labeling.answering.answers import MOST_COMMENT, MOST_SECONDS
from labeler.labeling.models import Annotation, Assignment, Draft
from labeler.labeling.tasks.leases import Lease
from pipeline.errors import InvalidInput

log = logging.getLogger(__name__)

LEFT_OUT = "What was kept of your work on this post can't be read, and is left out ({})."


def save(lease: Lease, state: Any) -> None:
    """Keeps the newest state alone. Raises `InvalidInput`."""
    assignment = lease.assignment
    if fault := _fault(state, lease):
        raise fault
    Draft.objects.update_or_create(
        task_id=assignment.task_id, labeler_id=assignment.labeler_id, defaults={"state": state}
    )


def load(lease: Lease) -> dict[str, Any]:
    """The draft, or the answer that was sent back to them; empty for a post that nobody began. One that can't be read
    counts as none, and `left_out` says so."""
    assignment, draft = lease.assignment, lease.draft
    of = {"task": assignment.task_id, "labeler": assignment.labeler_id}
    if draft is None:
        found = Draft.objects.filter(**of).first()
        draft = found.state if found else {}
    if draft != {} and (fault := _fault(draft, lease)):
        log.warning("the draft of task %s is left out: %s", assignment.task_id, fault)
        draft = {"left_out": LEFT_OUT.format(fault)}
    if draft or assignment.state != Assignment.State.ANSWERED:
        return draft
    return state_of(Annotation.objects.filter(**of, current=True).first())


def _fault(state: Any, lease: Lease) -> InvalidInput | None:
    if not isinstance(state, dict):
        return InvalidInput("state", state, "a JSON object")
    for field, kind, allowed in (("spans", list, "a list"), ("flagged", bool, "true, false"), ("comment", str, "text")):
        if not isinstance(state.get(field, kind()), kind):
            return InvalidInput(field, state[field], allowed)
    if len(state.get("comment", "")) > MOST_COMMENT:
        return InvalidInput("comment", f"{len(state['comment'])} characters", f"at most {MOST_COMMENT}")
    if not _is_between(state.get("active", 0), 0, MOST_SECONDS):
        return InvalidInput("active", state["active"], f"seconds, 0 to {MOST_SECONDS}")
    tokens = len(lease.post.words) if state.get("spans") else 0
    for at, span in enumerate(state.get("spans", ())):
        if not _is_span(span, tokens):
            return InvalidInput(f"spans[{at}]", span, f"[first token, last token + 1, label], of {tokens} tokens")
    return None


def _is_span(span: Any, tokens: int) -> bool:
    if not isinstance(span, list) or not 3 <= len(span) <= 4 or not isinstance(span[2], str):
        return False
    first, last, _, *score = span
    whole = type(first) is int and type(last) is int
    return whole and 0 <= first < last <= tokens and all(one is None or _is_between(one, 0, 1) for one in score)


def _is_between(given: Any, least: float, most: float) -> bool:
    return type(given) in (int, float) and least <= given <= most


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
