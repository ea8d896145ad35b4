"""What can be done to many posts, each safe to repeat: the same when an admin asks for it and when it is replayed.

Each takes tasks (primary keys) and, where it is for somebody, a labeler; it returns the tasks that it changed.
"""

from collections.abc import Callable, Collection

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from labeler.accounts.models import User
from labeler.adjudication import comparisons
from labeler.adjudication.models import Comparison, ReviewEvent
from labeler.labeling.models import Assignment, Task
from labeler.labeling.tasks import deleting

Deed = Callable[[Collection[int], User | None], list[int]]
_NOBODY = {"labeler": None, "token": None, "leased_at": None, "leased_until": None}


def _idle() -> Q:
    return Q(token__isnull=True) | Q(leased_until__lt=timezone.now())


def close(tasks: Collection[int], labeler: User | None = None) -> list[int]:
    """Nobody is asked for more answers; who is at a post may finish, and answers stay."""
    keys = list(Task.objects.filter(pk__in=tasks, state=Task.State.OPEN).values_list("pk", flat=True))
    open_places = Assignment.objects.filter(task__in=keys, state=Assignment.State.OPEN)
    open_places.filter(_idle()).update(state=Assignment.State.CLOSED, **_NOBODY)
    open_places.update(state=Assignment.State.CLOSED)
    answered = Assignment.objects.filter(task=OuterRef("pk"), state=Assignment.State.ANSWERED)
    Task.objects.filter(Exists(answered), pk__in=keys).update(state=Task.State.DONE)
    Task.objects.filter(pk__in=keys, state=Task.State.OPEN).update(state=Task.State.CLOSED)
    return keys


def reopen(tasks: Collection[int], labeler: User | None = None) -> list[int]:
    """Closed places of current texts want answers again."""
    closed = Assignment.objects.filter(task__in=tasks, task__post__current=True, state=Assignment.State.CLOSED)
    closed = closed.exclude(task__state=Task.State.DELETED)
    keys = sorted(set(closed.values_list("task", flat=True)))
    Assignment.objects.filter(task__in=keys, state=Assignment.State.CLOSED).update(state=Assignment.State.OPEN)
    Task.objects.filter(pk__in=keys).update(state=Task.State.OPEN)
    return keys


def assign(tasks: Collection[int], labeler: User | None) -> list[int]:
    """Keeps one free place of each post for a labeler who has nothing to do with it yet."""
    free = Assignment.objects.filter(
        _idle(), task__in=tasks, state=Assignment.State.OPEN, kept_for__isnull=True, labeler__isnull=True
    )
    known = Assignment.objects.filter(Q(labeler=labeler) | Q(kept_for=labeler), task__in=tasks)
    theirs = set(known.values_list("task", flat=True))
    first: dict[int, int] = {}
    for task, place in free.order_by("number").values_list("task", "pk"):
        if task not in theirs:
            first.setdefault(task, place)
    Assignment.objects.filter(pk__in=first.values()).update(kept_for=labeler)
    return sorted(first)


def unassign(tasks: Collection[int], labeler: User | None = None) -> list[int]:
    """From one labeler, or from everybody."""
    kept = Assignment.objects.filter(task__in=tasks, kept_for__isnull=False).exclude(state=Assignment.State.ANSWERED)
    if labeler:
        kept = kept.filter(kept_for=labeler)
    places = dict(kept.values_list("pk", "task"))
    Assignment.objects.filter(pk__in=places).update(kept_for=None)
    return sorted(set(places.values()))


def delete(tasks: Collection[int], labeler: User | None = None) -> list[int]:
    """Out of queues, exports and counts; see `labeling.deleting`."""
    changed = deleting.delete(tasks)
    Comparison.objects.filter(task__in=changed).delete()
    return changed


def restore(tasks: Collection[int], labeler: User | None = None) -> list[int]:
    changed = deleting.restore(tasks)
    comparisons.compare_all(changed)
    return changed


BY_EVENT: dict[str, Deed] = {
    ReviewEvent.Kind.CLOSED: close,
    ReviewEvent.Kind.REOPENED: reopen,
    ReviewEvent.Kind.ASSIGNED: assign,
    ReviewEvent.Kind.UNASSIGNED: unassign,
    ReviewEvent.Kind.DELETED: delete,
    ReviewEvent.Kind.RESTORED: restore,
}
