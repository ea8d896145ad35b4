"""The places of a task as an answer finds them, and the one it takes. All of it while the task is locked."""

from collections.abc import Sequence

from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling.models import Annotation, Assignment, Task
from labeler.labeling.tasks import annotator_sets
from labeler.sql import Columns, Statement

_PLACE = Columns(Assignment, "place")
_PLACES = Statement(
    f"""SELECT {_PLACE.sql}, EXISTS (SELECT 1 FROM labeling_annotation AS a
        WHERE a.task_id = place.task_id AND a.labeler_id = %s)
    FROM labeling_assignment AS place WHERE place.task_id = %s ORDER BY place.id"""  # noqa: S608
)
_ANSWERED = Statement(
    """UPDATE labeling_assignment SET state = 'answered', labeler_id = %s, token = NULL, leased_at = NULL,
    leased_until = NULL WHERE id = %s AND COALESCE(token, '') = %s"""
)
_DONE = Statement("UPDATE labeling_task SET state = 'done' WHERE id = %s")
_CREW = Statement("UPDATE labeling_assignment SET crew = %s WHERE task_id = %s AND state <> 'answered'")


def standing(task: Task, labeler: User) -> tuple[list[Assignment], list[Annotation]]:
    """The places of a locked task, and the labeler's own answers so far, oldest first."""
    found = _PLACES.rows(labeler.pk, task.pk)
    places = [_PLACE.made(row[:-1]) for row in found]
    if found and not found[0][-1]:
        return places, []
    return places, list(Annotation.objects.filter(task=task, labeler=labeler).order_by("n"))


def take(task: Task, places: Sequence[Assignment], labeler: User) -> Assignment | None:
    """The place this answer fills: the one leased to them, or one that nobody holds; None when others have all."""
    now = timezone.now()
    own = next((one for one in places if one.labeler_id == labeler.pk), None)
    if own and own.state == Assignment.State.ANSWERED:
        return None
    wanting = [one for one in places if one.state == Assignment.State.OPEN]
    idle = (one for one in wanting if one.token is None or one.leased_until < now)
    place = own or next(idle, None)
    # Between the reading and here another labeler may have claimed it: then no row changes.
    if place is None or not _ANSWERED.change(labeler.pk, place.pk, place.token or ""):
        return None
    # Of a closed task, whoever was at it may still answer: it is done then, as one that was closed after its answer.
    if task.state == Task.State.CLOSED or (task.state == Task.State.OPEN and wanting == [place]):
        _DONE.change(task.pk)
    elif wanting:
        answered = [one.labeler_id for one in places if one.state == Assignment.State.ANSWERED]
        _CREW.change(annotator_sets.crew([*answered, labeler.pk]), task.pk)
    return place
