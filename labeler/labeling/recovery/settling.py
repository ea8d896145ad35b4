"""The current answer of each labeler to a task, and the task's places, made to fit the answers there are."""

from collections.abc import Collection, Iterator, Sequence

from django.db.models import Max

from labeler.accounts.models import User
from labeler.labeling.answering import spanindex
from labeler.labeling.models import Annotation, Assignment, LabeledSpan, Task
from labeler.labeling.tasks import annotator_sets
from labeler.sql import insert

MOST = 400  # parameters of one query: SQLite has a limit


def settle_first(newest: Sequence[Annotation]) -> None:
    """Fits tasks to answers just added, `current` already, of labelers who had none to these tasks before."""
    insert([span for row in newest for span in spanindex.spans_of(row, row.task.post.text)])
    tasks = {row.task_id: row.task for row in newest}
    places: dict[int, list[Assignment]] = {task: [] for task in tasks}
    for ids in _parts(tasks):
        for place in Assignment.objects.filter(task__in=ids).order_by("number"):
            places[place.task_id].append(place)
    taken: dict[int, list[Assignment]] = {}  # by labeler
    made = []
    for row in newest:
        if not _counts(row):
            continue
        place = _own_or_spare(places[row.task_id], row)
        if place.pk:
            taken.setdefault(row.labeler_id, []).append(place)
        else:
            made.append(place)
        place.state, place.labeler = Assignment.State.ANSWERED, row.labeler
    insert(made)
    for labeler, held in taken.items():
        for ids in _parts([place.pk for place in held]):
            Assignment.objects.filter(pk__in=ids).update(state=Assignment.State.ANSWERED, labeler=labeler, **_FREE)
    states: dict[str, list[int]] = {}
    for pk, task in tasks.items():
        states.setdefault(_state(task, {place.state for place in places[pk]}), []).append(pk)
    for state, pks in states.items():
        for ids in _parts(pks):
            Task.objects.filter(pk__in=ids).exclude(state=state).update(state=state)
    annotator_sets.fit(tasks)


def settle(task: Task, labeler: User) -> None:
    """Makes the labeler's newest answer the current one, and fits the task's places to it."""
    rows = Annotation.objects.filter(task=task, labeler=labeler)
    newest = rows.select_related("project").order_by("-n").first()
    if newest is None:
        return
    rows.filter(current=True).exclude(pk=newest.pk).update(current=False)
    rows.filter(pk=newest.pk).update(current=True)
    LabeledSpan.objects.filter(annotation__task=task, annotation__labeler=labeler).delete()
    spanindex.add(newest, task.post.text)
    own = Assignment.objects.filter(task=task, labeler=labeler).first()
    if _counts(newest) and (own is None or own.state != Assignment.State.ANSWERED):
        place = own or _spare(task)
        Assignment.objects.filter(pk=place.pk).update(state=Assignment.State.ANSWERED, labeler=labeler, **_FREE)
    elif not _counts(newest) and own and own.state == Assignment.State.ANSWERED:
        reopened = Assignment.State.OPEN if task.post.current else Assignment.State.CLOSED
        Assignment.objects.filter(pk=own.pk).update(state=reopened, labeler=None)
    state = _state(task, set(Assignment.objects.filter(task=task).values_list("state", flat=True)))
    Task.objects.filter(pk=task.pk).update(state=state)
    annotator_sets.fit([task.pk])


_FREE = {"token": None, "leased_at": None, "leased_until": None}


def _counts(row: Annotation) -> bool:
    """Whether an answer takes a place."""
    return row.kind != Annotation.Kind.WITHDRAWN and not row.second_opinion


def _own_or_spare(places: list[Assignment], row: Annotation) -> Assignment:
    """As `_spare`, among the task's places in memory, to which a new one is added."""
    own = next((one for one in places if one.labeler_id == row.labeler_id), None)
    free = (one for one in places if one.state != Assignment.State.ANSWERED and one.labeler_id is None)
    found = own or next(free, None)
    if found is None:
        number = max((one.number for one in places), default=0) + 1
        found = Assignment(task=row.task, project_id=row.project_id, number=number, rank=row.task.rank)
        places.append(found)
    return found


def _spare(task: Task) -> Assignment:
    """A place nobody holds, or one more: what was answered counts, whatever the redundancy is now."""
    places = Assignment.objects.filter(task=task)
    free = places.exclude(state=Assignment.State.ANSWERED).filter(labeler=None).order_by("number").first()
    if free:
        return free
    number = (places.aggregate(most=Max("number"))["most"] or 0) + 1
    return Assignment.objects.create(
        task=task, project=task.project, number=number, rank=task.rank, state=Assignment.State.CLOSED
    )


def _state(task: Task, places: Collection[str]) -> str:
    """`places`: the states of all of the task's."""
    if task.state == Task.State.DELETED:
        return task.state
    if task.post.current:
        return Task.State.OPEN if Assignment.State.OPEN in places else Task.State.DONE
    return Task.State.STALE if Assignment.State.ANSWERED in places else Task.State.CLOSED


def _parts(keys: Collection[int]) -> Iterator[list[int]]:
    ordered = list(keys)
    for at in range(0, len(ordered), MOST):
        yield ordered[at : at + MOST]
