"""Changes of many posts at once: made by the worker, a piece a transaction, so that they go on after a crash."""

import threading
from collections import Counter
from collections.abc import Callable

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils import timezone

from labeler.labeling.models import Place, Task
from labeler.review import audit
from labeler.review.models import BulkAction

BATCH = 500
FILTERS = {"state": "state", "source": "post__source", "language": "post__language"}


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
        action = BulkAction.objects.select_for_update(of=("self",)).select_related("by", "project").get(pk=pk)
        if action.state == BulkAction.State.DONE:
            return 0
        tasks = list(chosen(action).filter(pk__gt=action.position).order_by("pk").values_list("pk", flat=True)[:BATCH])
        if not tasks:
            BulkAction.objects.filter(pk=pk).update(state=BulkAction.State.DONE)
            after = {"posts": action.seen, "changed": action.changed, "reason": action.reason}
            audit.record(action.by, f"posts of {action.project.slug}", action.kind, {}, after)
            return 0
        changed = _DEEDS[action.kind](action, tasks)
        # In the same transaction as the changes: whatever is repeated begins behind them.
        BulkAction.objects.filter(pk=pk).update(
            position=tasks[-1], seen=F("seen") + len(tasks), changed=F("changed") + changed
        )
    return len(tasks)


def chosen(action: BulkAction) -> "QuerySet[Task]":
    found = Task.objects.filter(project=action.project)
    if action.chosen:
        return found.filter(pk__in=[one for one in action.chosen if one > action.position])
    return found.filter(**{FILTERS[name]: value for name, value in action.filters.items()})


def _idle() -> Q:
    return Q(token__isnull=True) | Q(leased_until__lt=timezone.now())


def _close(action: BulkAction, tasks: list[int]) -> int:
    """Nobody is asked for more answers; who is at a post may finish, and answers stay."""
    open_tasks = Task.objects.filter(pk__in=tasks, state=Task.State.OPEN)
    keys = list(open_tasks.values_list("pk", flat=True))
    places = Place.objects.filter(_idle(), task__in=keys, state=Place.State.OPEN)
    places.update(state=Place.State.CLOSED, labeler=None, token=None, leased_at=None, leased_until=None)
    Place.objects.filter(task__in=keys, state=Place.State.OPEN).update(state=Place.State.CLOSED)
    answered = Place.objects.filter(task=OuterRef("pk"), state=Place.State.ANSWERED)
    done = Task.objects.filter(Exists(answered), pk__in=keys).update(state=Task.State.DONE)
    return done + Task.objects.filter(pk__in=keys, state=Task.State.OPEN).update(state=Task.State.CLOSED)


def _reopen(action: BulkAction, tasks: list[int]) -> int:
    """Closed places of current texts want answers again."""
    closed = Place.objects.filter(task__in=tasks, task__post__current=True, state=Place.State.CLOSED)
    keys = list(closed.values_list("task", flat=True).distinct())
    Place.objects.filter(task__in=keys, state=Place.State.CLOSED).update(state=Place.State.OPEN)
    return int(Task.objects.filter(pk__in=keys).update(state=Task.State.OPEN))


def _assign(action: BulkAction, tasks: list[int]) -> int:
    """Keeps one free place of each post for a labeler who has nothing to do with it yet."""
    free = Place.objects.filter(
        _idle(), task__in=tasks, state=Place.State.OPEN, kept_for__isnull=True, labeler__isnull=True
    )
    theirs = set(
        Place.objects.filter(Q(labeler=action.labeler) | Q(kept_for=action.labeler), task__in=tasks).values_list(
            "task", flat=True
        )
    )
    first: dict[int, int] = {}
    for task, place in free.order_by("number").values_list("task", "pk"):
        if task not in theirs:
            first.setdefault(task, place)
    return int(Place.objects.filter(pk__in=first.values()).update(kept_for=action.labeler))


def _unassign(action: BulkAction, tasks: list[int]) -> int:
    kept = Place.objects.filter(task__in=tasks, kept_for__isnull=False).exclude(state=Place.State.ANSWERED)
    if action.labeler:
        kept = kept.filter(kept_for=action.labeler)
    return int(kept.update(kept_for=None))


_DEEDS: dict[str, Callable[[BulkAction, list[int]], int]] = {
    BulkAction.Kind.CLOSE: _close,
    BulkAction.Kind.REOPEN: _reopen,
    BulkAction.Kind.ASSIGN: _assign,
    BulkAction.Kind.UNASSIGN: _unassign,
}
