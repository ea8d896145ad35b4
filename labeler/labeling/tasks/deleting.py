"""Posts taken out of use, and brought back: nobody is asked for them, and nothing counts or exports them.

Their texts and answers stay. A posting is deleted with all its texts, and a text that comes of it later is deleted too:
what was taken out must not come back because its page was edited.
"""

from collections.abc import Collection, Sequence

from django.db.models import Exists, OuterRef, Q, QuerySet

from labeler.labeling.models import Assignment, Post, Task

_FREE = {"labeler": None, "token": None, "leased_at": None, "leased_until": None}


def whole(tasks: Collection[int]) -> "QuerySet[Task]":
    """Of the postings of these tasks (primary keys) the tasks of all texts."""
    given = Task.objects.filter(pk__in=tasks)
    same = Post.objects.filter(task__in=given, project=OuterRef("post__project"), post_id=OuterRef("post__post_id"))
    ids = Post.objects.filter(task__in=given).values("post_id")
    # The list of ids leads the database by its index; the rest settles which of them are meant.
    return Task.objects.filter(Exists(same.filter(language=OuterRef("post__language"))), post__post_id__in=ids)


def delete(tasks: Collection[int]) -> list[int]:
    """Returns the tasks that were not deleted before. Who is at one loses the lease; an answer that comes is kept."""
    changed = list(whole(tasks).exclude(state=Task.State.DELETED).values_list("pk", flat=True))
    open_places = Assignment.objects.filter(task__in=changed, state=Assignment.State.OPEN)
    open_places.update(state=Assignment.State.DELETED, **_FREE)
    Assignment.objects.filter(task__in=changed, state=Assignment.State.CLOSED).update(**_FREE)
    held = {name: None for name in _FREE if name != "labeler"}
    Assignment.objects.filter(task__in=changed, state=Assignment.State.ANSWERED).update(**held)
    Task.objects.filter(pk__in=changed).update(state=Task.State.DELETED)
    return changed


def restore(tasks: Collection[int]) -> list[int]:
    """Returns the tasks that were deleted; they are in the state they would have without it."""
    changed = list(whole(tasks).filter(state=Task.State.DELETED).values_list("pk", flat=True))
    places = Assignment.objects.filter(task__in=changed, state=Assignment.State.DELETED)
    places.filter(task__post__current=True).update(state=Assignment.State.OPEN)
    places.update(state=Assignment.State.CLOSED)
    back = Task.objects.filter(pk__in=changed)
    open_place = Exists(Assignment.objects.filter(task=OuterRef("pk"), state=Assignment.State.OPEN))
    answered = Exists(Assignment.objects.filter(task=OuterRef("pk"), state=Assignment.State.ANSWERED))
    states = (
        (Q(open_place), Task.State.OPEN),
        (Q(answered) & Q(post__current=True), Task.State.DONE),
        (Q(answered), Task.State.STALE),
        (Q(), Task.State.CLOSED),
    )
    for condition, state in states:  # the first that fits: what has got its state is deleted no more
        keys = list(back.filter(condition, state=Task.State.DELETED).values_list("pk", flat=True))
        Task.objects.filter(pk__in=keys).update(state=state)
    return changed


def spread(texts: "QuerySet[Post]") -> None:
    """Deletes all these texts of a posting where one of them is deleted."""
    tasks: Sequence[int] = list(Task.objects.filter(post__in=texts).values_list("pk", flat=True))
    if Task.objects.filter(pk__in=tasks, state=Task.State.DELETED).exists():
        delete(tasks)
