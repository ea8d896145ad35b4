"""Keeps the comparisons: the worker looks at each task that has got a new answer."""

import threading
from collections import Counter
from collections.abc import Iterable
from itertools import combinations

from django.db import IntegrityError, transaction
from django.db.models import Max

from labeler.adjudication import task_annotations as of_task
from labeler.adjudication.agreement.matches import by_label, total
from labeler.adjudication.models import Comparison, Gold
from labeler.labeling.models import Annotation, Cursor, SentBack, Task

NAME = "comparing"
BATCH = 200
# Rows get their number before they are committed: those just below the cursor may only now be seen.
LOOK_BACK = 100


def catch_up(stopping: threading.Event) -> "Counter[str]":
    """Compares all tasks with answers newer than the cursor; counts them."""
    counts: Counter[str] = Counter()
    cursor, _ = Cursor.objects.get_or_create(name=NAME)
    start = cursor.position - LOOK_BACK
    while not stopping.is_set():
        found = list(Annotation.objects.filter(pk__gt=start).order_by("pk").values_list("pk", "task")[:BATCH])
        if not found:
            break
        counts["tasks compared"] += compare_all(_behind({task: pk for pk, task in found}))
        start = found[-1][0]
        Cursor.objects.filter(pk=NAME, position__lt=start).update(position=start)
    return +counts


def _behind(newest: dict[int, int]) -> list[int]:
    """Of tasks with the newest answer seen, those not compared since."""
    known = dict(Comparison.objects.filter(task__in=newest).values_list("task", "newest"))
    return [task for task, pk in newest.items() if known.get(task, 0) < pk]


def compare_all(tasks: Iterable[int]) -> int:
    """Returns how many have at least two answers."""
    by_task: dict[int, list[Annotation]] = {task: [] for task in tasks}
    if not by_task:
        return 0
    current = Annotation.objects.filter(task__in=by_task, current=True).exclude(kind=Annotation.Kind.WITHDRAWN)
    current = current.exclude(task__state=Task.State.DELETED)
    rows = current.select_related("project", "task")
    for row in rows.order_by("submitted_at", "pk"):
        by_task[row.task_id].append(row)
    newest = dict(Annotation.objects.filter(task__in=by_task).order_by().values_list("task").annotate(newest=Max("pk")))
    single = [task for task, found in by_task.items() if len(found) < 2]
    Comparison.objects.filter(task__in=single).delete()
    several = {task: found for task, found in by_task.items() if len(found) > 1}
    for task, found in several.items():
        compare(task, found, newest[task])
    return len(several)


def compare(task: int, rows: list[Annotation], newest: int) -> Comparison:
    values = {
        "project_id": rows[0].project_id,
        "post_id": rows[0].task.post_id,
        "newest": newest,
        "answers": len(rows),
        "exact": _exact(rows),
        "at": max(row.submitted_at for row in rows),
        "state": state(task, rows),
    }
    try:
        with transaction.atomic():
            return Comparison.objects.update_or_create(task_id=task, defaults=values)[0]
    except IntegrityError:  # two workers at once
        return Comparison.objects.get(task_id=task)


def state(task: int, rows: list[Annotation]) -> str:
    if Gold.objects.filter(task=task, current=True).exists():
        return Comparison.State.DECIDED
    if SentBack.objects.filter(task=task, answer__isnull=True).exists():
        return Comparison.State.SENT_BACK
    return Comparison.State.AGREED if of_task.alike(rows) else Comparison.State.DISPUTED


def refresh(task: Task) -> Comparison:
    """Compares a task anew, as after a decision or when something was sent back."""
    compare_all([task.pk])
    return Comparison.objects.get(task=task)


def _exact(rows: list[Annotation]) -> float:
    """Span F1 over all pairs; 1 where nobody marked a span."""
    marks = [[(one["start"], one["end"], one["label"]) for one in of_task.spans(row)] for row in rows]
    parts = [total(by_label(one, other).values()) for one, other in combinations(marks, 2)]
    score = total(parts).f1_exact
    return 1.0 if score is None else score
