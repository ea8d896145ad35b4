"""One phrase decided in all posts of a project: previewed, applied by the worker, undone as a whole."""

import logging
import threading
from collections import Counter
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Upper
from django.utils import timezone

from labeler import record_store
from labeler.accounts.models import User
from labeler.adjudication import decisions, review_events
from labeler.adjudication import task_annotations as of_task
from labeler.adjudication.disputes import Dispute, TokenSpan
from labeler.adjudication.models import Comparison, Gold, ReviewEvent, Ruling
from labeler.labeling.models import Cursor, LabeledSpan, Project, Task
from pipeline.errors import InvalidInput

log = logging.getLogger(__name__)

NAME = "rulings"
BATCH = 100
LOOK_BACK = 100  # as for comparing
MOST_WORDS = 200  # characters of a phrase that can be looked up


def folded(phrase: str) -> str:
    return " ".join(phrase.split()).casefold()


def disputed(project: Project, phrase: str) -> "QuerySet[Comparison]":
    """Comparisons in dispute of posts where somebody labelled just this phrase, whatever its case."""
    there = LabeledSpan.objects.annotate(upper=Upper("words")).filter(project=project, upper=Upper(Value(phrase)))
    return Comparison.objects.filter(
        project=project, state=Comparison.State.DISPUTED, task__in=there.values("annotation__task")
    )


def rule(project: Project, phrase: str, label: str, by: User, why: str = "") -> Ruling:
    """A new ruling; the one that stood for the phrase is undone. Raises `InvalidInput`."""
    words = folded(phrase)
    if not words or len(words) > MOST_WORDS:
        raise InvalidInput("phrase", phrase, f"1 to {MOST_WORDS} characters")
    if label and label not in [one.name for one in project.settings.labels]:
        raise InvalidInput("label", label, "a label of the project, or none")
    with transaction.atomic():
        Project.objects.select_for_update(no_key=True).get(pk=project.pk)  # of two at once the later one stands
        standing = Ruling.objects.filter(project=project, phrase=words, undone_at=None).select_related("project")
        events = [_undone(one, by) for one in standing]
        made = Ruling.objects.create(project=project, phrase=words, label=label, by=by, why=why.strip())
        about = {"ruling": made.key, "phrase": made.phrase, "label": made.label}
        events.append(review_events.record(project, ReviewEvent.Kind.RULED, by.labeler_id, made.why, about))
    for event in events:
        record_store.store(event)
    return made


def undo(ruling: Ruling, by: User) -> None:
    """What was decided by it is taken back by the worker."""
    with transaction.atomic():
        found = Ruling.objects.select_for_update(of=("self",)).select_related("project").get(pk=ruling.pk)
        event = None if found.undone_at else _undone(found, by)
    if event:
        record_store.store(event)


def _undone(ruling: Ruling, by: User) -> ReviewEvent:
    Ruling.objects.filter(pk=ruling.pk).update(undone_at=timezone.now())
    about = {"ruling": ruling.key}
    return review_events.record(ruling.project, ReviewEvent.Kind.UNDONE, by.labeler_id, "", about)


def settled(
    task: Task, disputes: Sequence[Dispute], standing: dict[str, Ruling]
) -> tuple[list[TokenSpan], Ruling] | None:
    """The spans by which rulings settle all disputes of a post, and the newest of those rulings; None: not all."""
    spans: list[TokenSpan] = []
    used: list[Ruling] = []
    ranges = task.post.ranges()
    for one in disputes:
        words = folded(task.post.text[ranges[one.first][0] : ranges[one.last - 1][1]])
        ruling = standing.get(words)
        if ruling is None:
            return None
        used.append(ruling)
        if ruling.label:
            spans.append((one.first, one.last, ruling.label))
    return (spans, max(used, key=lambda ruling: ruling.pk)) if used else None


def apply(stopping: threading.Event) -> "Counter[str]":
    """The worker's part: new rulings over what is disputed, standing ones over new disputes, undone ones back."""
    counts: Counter[str] = Counter()
    for ruling in Ruling.objects.filter(undone_at__isnull=False, settled__gt=0).select_related("project", "by"):
        counts["decisions taken back"] += _take_back(ruling, stopping)
    for ruling in Ruling.objects.filter(undone_at=None, applied_at=None).select_related("project"):
        counts["posts settled by rulings"] += _apply(ruling, stopping)
    counts["posts settled by rulings"] += _new_disputes(stopping)
    return +counts


def _standing(project: Project) -> dict[str, Ruling]:
    return {one.phrase: one for one in Ruling.objects.filter(project=project, undone_at=None).select_related("by")}


def _apply(ruling: Ruling, stopping: threading.Event) -> int:
    standing, count = _standing(ruling.project), 0
    while not stopping.is_set():
        found = disputed(ruling.project, ruling.phrase).filter(pk__gt=ruling.position).order_by("pk")
        batch = list(found.select_related("task__post", "task__project")[:BATCH])
        count += sum(_settle(one, standing) for one in batch)
        if not batch:
            Ruling.objects.filter(pk=ruling.pk).update(applied_at=timezone.now())
            break
        ruling.position = batch[-1].pk
        Ruling.objects.filter(pk=ruling.pk).update(position=ruling.position)
    return count


def _new_disputes(stopping: threading.Event) -> int:
    cursor, _ = Cursor.objects.get_or_create(name=NAME)
    since, count = cursor.position - LOOK_BACK, 0
    for project in Project.objects.filter(rulings__undone_at=None).distinct():
        standing = _standing(project)
        found = Comparison.objects.filter(project=project, state=Comparison.State.DISPUTED, newest__gt=since)
        for one in found.select_related("task__post", "task__project").iterator(BATCH):
            if stopping.is_set():
                return count
            count += _settle(one, standing)
            cursor.position = max(cursor.position, one.newest)
    Cursor.objects.filter(pk=NAME, position__lt=cursor.position).update(position=cursor.position)
    return count


def _settle(one: Comparison, standing: dict[str, Ruling]) -> bool:
    task = one.task
    answers = of_task.answers(task)
    agreed, disputes = of_task.disputes(answers)
    found = settled(task, disputes, standing)
    if found is None or not of_task.on_edges(answers):
        return False
    spans, ruling = found
    why = f"“{ruling.phrase}” is {ruling.label or 'no label'}" + (f": {ruling.why}" if ruling.why else "")
    try:
        decisions.decide(task, [*agreed, *spans], ruling.by.labeler_id, why, one.newest, None, ruling=ruling.key)
    except decisions.Overtaken:
        return False  # compared anew in the next round
    except InvalidInput as error:
        log.info("%s is left to a reviewer: %s", task.post, error)
        return False  # a label that is no more, or whose split is open
    Ruling.objects.filter(pk=ruling.pk).update(settled=F("settled") + 1)
    return True


def _take_back(ruling: Ruling, stopping: threading.Event) -> int:
    count = 0
    made = Gold.objects.filter(project=ruling.project, current=True, extra__ruling=ruling.key)
    for row in made.select_related("task"):
        if stopping.is_set():
            return count
        decisions.withdraw(row.task, ruling.by.labeler_id, f"the ruling on “{ruling.phrase}” was undone")
        count += 1
    Ruling.objects.filter(pk=ruling.pk).update(settled=0)
    return count
