"""Fits the tasks of a project to its settings after an edit: how many answers each wants, and the order of work."""

from collections.abc import Callable

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from labeler.labeling.models import Assignment, Project, Task
from labeler.labeling.tasks import annotator_sets, shares
from labeler.labeling.tasks.ordering import rank
from pipeline.schema import ProjectSettings

BATCH = 200  # tasks in one transaction


def fit(project: Project, stopping: Callable[[], bool] = lambda: False) -> int:
    """Runs over all tasks, in pieces that can be repeated, until `stopping` says so; returns how many it saw."""
    settings, last, seen = project.settings, 0, 0
    while not stopping():
        with transaction.atomic():
            rows = Task.objects.filter(project=project, pk__gt=last).order_by("pk").select_for_update(of=("self",))
            tasks = list(rows.select_related("post").defer("post__text", "post__packed_steps")[:BATCH])
            for task in tasks:
                _order(task, settings.order)
                _seats(task, settings)
            annotator_sets.fit([task.pk for task in tasks])
        if not tasks:
            Project.objects.filter(pk=project.pk, fitted__lt=settings.n).update(fitted=settings.n)
            break
        last, seen = tasks[-1].pk, seen + len(tasks)
    return seen


def _order(task: Task, order: str) -> None:
    wanted = rank(order, task.post.post_id, task.post.fetched_at, task.post.suggestions)
    if wanted != task.rank:
        task.rank = wanted
        task.save(update_fields=["rank"])
        Assignment.objects.filter(task=task).update(rank=wanted)


def _seats(task: Task, settings: ProjectSettings) -> None:
    places = list(Assignment.objects.filter(task=task).order_by("number"))
    missing = shares.redundancy(settings, task.post.post_id) - len(places)
    if missing > 0:
        live = task.state in (Task.State.OPEN, Task.State.DONE)
        idle_state = Assignment.State.DELETED if task.state == Task.State.DELETED else Assignment.State.CLOSED
        number = max((one.number for one in places), default=0)
        Assignment.objects.bulk_create(
            Assignment(
                task=task,
                project_id=task.project_id,
                number=number + more,
                rank=task.rank,
                state=Assignment.State.OPEN if live else idle_state,
            )
            for more in range(1, missing + 1)
        )
    elif missing < 0:
        # What somebody answered or is at stays, so that no work is lost.
        idle = ~Q(state=Assignment.State.ANSWERED) & (Q(token__isnull=True) | Q(leased_until__lt=timezone.now()))
        spare = Assignment.objects.filter(idle, task=task).order_by(F("number").desc()).values_list("pk", flat=True)
        Assignment.objects.filter(pk__in=list(spare[:-missing])).delete()
    if missing and task.state in (Task.State.OPEN, Task.State.DONE):
        wanting = Assignment.objects.filter(task=task, state=Assignment.State.OPEN).exists()
        Task.objects.filter(pk=task.pk).update(state=Task.State.OPEN if wanting else Task.State.DONE)
