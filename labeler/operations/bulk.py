"""Changes of many posts at once: made by the worker, a piece a transaction, so that they go on after a crash."""

import threading
from collections import Counter

from django.db import transaction
from django.db.models import F, QuerySet

from labeler import record_store
from labeler.adjudication import post_actions, review_events
from labeler.adjudication.models import ReviewEvent
from labeler.audit import audit_log
from labeler.labeling.models import Task
from labeler.operations.models import BulkAction

BATCH = 500
FILTERS = {"state": "state", "source": "post__source", "language": "post__language"}
_KINDS, _EVENTS = BulkAction.Kind, ReviewEvent.Kind
EVENTS = {
    _KINDS.CLOSE: _EVENTS.CLOSED,
    _KINDS.REOPEN: _EVENTS.REOPENED,
    _KINDS.ASSIGN: _EVENTS.ASSIGNED,
    _KINDS.UNASSIGN: _EVENTS.UNASSIGNED,
    _KINDS.DELETE: _EVENTS.DELETED,
    _KINDS.RESTORE: _EVENTS.RESTORED,
}
# What takes each back.
OPPOSITES = {
    _KINDS.CLOSE: _KINDS.REOPEN,
    _KINDS.REOPEN: _KINDS.CLOSE,
    _KINDS.ASSIGN: _KINDS.UNASSIGN,
    _KINDS.DELETE: _KINDS.RESTORE,
    _KINDS.RESTORE: _KINDS.DELETE,
}


def run(stopping: threading.Event) -> "Counter[str]":
    """The worker's part: all that waits, oldest first."""
    counts: Counter[str] = Counter()
    waiting = BulkAction.objects.filter(state=BulkAction.State.WAITING).order_by("pk").select_related("project", "by")
    for action in waiting:
        while not stopping.is_set() and (seen := step(action.pk)):
            counts["posts changed in bulk"] += seen
    return counts


def step(pk: int) -> int:
    """Deals with the next piece of an action; returns how many tasks that were, 0 once it is done."""
    with transaction.atomic():
        actions = BulkAction.objects.select_for_update(of=("self",)).select_related("by", "project")
        action = actions.get(pk=pk)
        if action.state == BulkAction.State.DONE:
            return 0
        tasks = list(chosen(action).filter(pk__gt=action.position).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not tasks:
            _end(action)
            return 0
        event = _do(action, tasks)
        # In the same transaction as the changes: whatever is repeated begins behind them.
        changed = len(event.about["posts"]) if event else 0
        BulkAction.objects.filter(pk=pk).update(
            position=tasks[-1], seen=F("seen") + len(tasks), changed=F("changed") + changed
        )
    if event:
        record_store.store(event)  # a crash before this leaves it to the sweep
    return len(tasks)


def _do(action: BulkAction, tasks: list[int]) -> ReviewEvent | None:
    kind = EVENTS[BulkAction.Kind(action.kind)]
    changed = post_actions.BY_EVENT[kind](tasks, action.labeler)
    if not changed:
        return None
    about = {"labeler": action.labeler.labeler_id} if action.labeler else {}
    event = review_events.record(action.project, kind, action.by.labeler_id, action.reason, about, tasks=changed)
    action.events.add(event)
    return event


def _end(action: BulkAction) -> None:
    BulkAction.objects.filter(pk=action.pk).update(state=BulkAction.State.DONE)
    after = {"posts": action.seen, "changed": action.changed, "reason": action.reason}
    audit_log.record(action.by, f"posts of {action.project.slug}", action.kind, {}, after)


def chosen(action: BulkAction) -> "QuerySet[Task]":
    found = Task.objects.filter(project=action.project)
    if action.undoes:
        return found.filter(touched__event__in=action.undoes.events.all()).distinct()
    if action.chosen:
        return found.filter(pk__in=[one for one in action.chosen if one > action.position])
    return found.filter(**{FILTERS[name]: value for name, value in action.filters.items()})
