"""Fits the tasks of a project to its settings: how many answers each wants, the order of work, and what of ended
postings is handed out."""

from collections.abc import Callable, Iterable

from django.db import transaction

from labeler.labeling.models import Assignment, Project, Task
from labeler.labeling.tasks import transitions
from labeler.labeling.tasks.ordering import rank, redundancy

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
            hold_back(project, [(task.pk, task.post.ended) for task in tasks])
            transitions.refit(
                [task.pk for task in tasks], {task.pk: redundancy(settings, task.post.post_id) for task in tasks}
            )
        if not tasks:
            Project.objects.filter(pk=project.pk, fitted__lt=settings.n).update(fitted=settings.n)
            break
        last, seen = tasks[-1].pk, seen + len(tasks)
    return seen


def hold_back(project: Project, tasks: Iterable[tuple[int, str]]) -> None:
    """Withholds the tasks (primary key, the day their posting was last seen before it ended, or nothing) of ended
    postings where the project hands out none, and hands out all others. Leases that are held go on."""
    ended: dict[bool, list[int]] = {False: [], True: []}
    for task, last_seen in tasks:
        ended[bool(last_seen) and not project.settings.label_ended].append(task)
    transitions.move("withhold", ended[True])
    transitions.move("hand-out", ended[False])


def _order(task: Task, order: str) -> None:
    wanted = rank(order, task.post)
    if wanted != task.rank:
        task.rank = wanted
        task.save(update_fields=["rank"])
        Assignment.objects.filter(task=task).update(rank=wanted)
