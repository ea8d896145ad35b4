"""Which answer of each post a release takes: the decided one, else the one that all who answered agree on."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.db.models import QuerySet

from labeler.accounts.models import User
from labeler.adjudication.models import Gold
from labeler.labeling.models import Annotation, Project, Task
from pipeline import labelset

PAGE = 300  # tasks in memory at a time

UNLABELLED, SKIPPED, UNDECIDED, OLDER, FILTERED, NOT_GOLD, DELETED = (
    "unlabelled", "skipped", "undecided", "older-text", "filtered", "not-gold", "deleted",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty: all. `gold`: decided answers only."""

    languages: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    gold: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """`row`: the answer taken, or None for the `reason`. `answers`: all current ones with labels."""

    task: Task
    row: Annotation | Gold | None
    reason: str = ""
    answers: tuple[Annotation, ...] = field(default=())


def choices(project: Project, filters: Filters) -> Iterator[Choice]:
    """One for each task, in the order they were made."""
    last = 0
    while page := list(_tasks(project).filter(pk__gt=last)[:PAGE]):
        yield from _of_page(project, page, filters)
        last = page[-1].pk


def chosen(project: Project, posts: Iterable[tuple[str, str]]) -> dict[tuple[str, str], list[Annotation | Gold]]:
    """All answers and decisions of some posts (post_id, revision), current or not."""
    ids = sorted({post_id for post_id, _ in posts})
    tasks = list(_tasks(project).filter(post__post_id__in=ids))
    rows: dict[tuple[str, str], list[Annotation | Gold]] = {}
    for task, row in _rows(project, tasks, current=False):
        rows.setdefault((task.post.post_id, task.post.revision), []).append(row)
    return rows


def _tasks(project: Project) -> "QuerySet[Task]":
    return Task.objects.filter(project=project).select_related("post").order_by("pk")


def _rows(project: Project, tasks: list[Task], current: bool) -> Iterator[tuple[Task, Annotation | Gold]]:
    by_key = {task.pk: task for task in tasks}
    for task in tasks:
        task.project = task.post.project = project
    answers = Annotation.objects.filter(task__in=list(by_key)).order_by("submitted_at", "pk")
    decisions = Gold.objects.filter(task__in=list(by_key)).order_by("n", "pk")
    found: list[Annotation | Gold] = []
    for rows in (answers, decisions):
        found += rows.filter(current=True) if current else rows
    # One account for all of a labeler's rows: joined to each row it would be made anew for each.
    labelers = User.objects.in_bulk({row.labeler_id for row in found if isinstance(row, Annotation)})
    for row in found:
        row.task, row.project = by_key[row.task_id], project
        if isinstance(row, Annotation):
            row.labeler = labelers[row.labeler_id]
        yield row.task, row


def _of_page(project: Project, page: list[Task], filters: Filters) -> Iterator[Choice]:
    answers: dict[int, list[Annotation]] = {}
    gold: dict[int, Gold] = {}
    for task, row in _rows(project, page, current=True):
        if isinstance(row, Gold):
            gold[task.pk] = row
        else:
            answers.setdefault(task.pk, []).append(row)
    for task in page:
        yield _choice(task, answers.get(task.pk, []), gold.get(task.pk), filters)


def _choice(task: Task, answers: list[Annotation], gold: Gold | None, filters: Filters) -> Choice:
    labelled = tuple(row for row in answers if row.kind == Annotation.Kind.LABELS)
    post = task.post
    if (filters.languages and post.language not in filters.languages) or (
        filters.sources and post.source not in filters.sources
    ):
        return Choice(task, None, FILTERED)
    if task.state == Task.State.DELETED:
        return Choice(task, None, DELETED)
    if not post.current:
        return Choice(task, None, OLDER if labelled or gold else UNLABELLED)
    if gold:
        return Choice(task, gold, answers=labelled)
    if not labelled:
        skipped = any(row.kind == Annotation.Kind.SKIP for row in answers)
        return Choice(task, None, SKIPPED if skipped else UNLABELLED)
    if filters.gold:
        return Choice(task, None, NOT_GOLD, labelled)
    agreed = len({frozenset(spans(row)) for row in labelled}) == 1
    return Choice(task, labelled[0] if agreed else None, "" if agreed else UNDECIDED, labelled)


def spans(row: Annotation | Gold) -> list[tuple[int, int, str]]:
    """By the labels of now."""
    now = labelset.spans(row.spans, row.settings_event, labelset.operations(row.project.settings))
    return [(one["start"], one["end"], one["label"]) for one in now]
