"""What can be done to many posts, each safe to repeat: the same when an admin asks for it and when it is replayed.

Each takes tasks (primary keys) and, where it is for somebody, a labeler; it returns the tasks that it changed.
"""

from collections.abc import Callable, Collection

from django.db.models import Exists, OuterRef

from labeler.accounts.models import User
from labeler.adjudication import comparisons
from labeler.adjudication.models import Comparison, ReviewEvent
from labeler.labeling.models import Post, Task
from labeler.labeling.tasks import transitions

Deed = Callable[[Collection[int], User | None], list[int]]


def close(tasks: Collection[int], labeler: User | None = None) -> list[int]:
    """Nobody is asked for more answers; who is at a post may finish, and answers stay."""
    return transitions.move("close", tasks)


def reopen(tasks: Collection[int], labeler: User | None = None) -> list[int]:
    """What was closed wants answers again, where its text is current."""
    return transitions.move("reopen", tasks)


def delete(tasks: Collection[int], labeler: User | None = None) -> list[int]:
    """Out of queues, exports and counts, with all texts of the postings. Their texts and answers stay."""
    changed = transitions.move("delete", all_texts(tasks))
    Comparison.objects.filter(task__in=changed).delete()
    return changed


def restore(tasks: Collection[int], labeler: User | None = None) -> list[int]:
    changed = transitions.move("restore", all_texts(tasks))
    comparisons.compare_all(changed)
    return changed


def all_texts(tasks: Collection[int]) -> list[int]:
    """Of the postings of these tasks the tasks of all texts: what was taken out must not come back by another."""
    given = Task.objects.filter(pk__in=tasks)
    same = Post.objects.filter(task__in=given, project=OuterRef("post__project"), post_id=OuterRef("post__post_id"))
    ids = Post.objects.filter(task__in=given).values("post_id")
    # The list of ids leads the database by its index; the rest settles which of them are meant.
    found = Task.objects.filter(Exists(same.filter(language=OuterRef("post__language"))), post__post_id__in=ids)
    return list(found.values_list("pk", flat=True))


BY_EVENT: dict[str, Deed] = {
    ReviewEvent.Kind.CLOSED: close,
    ReviewEvent.Kind.REOPENED: reopen,
    ReviewEvent.Kind.ASSIGNED: transitions.assign,
    ReviewEvent.Kind.UNASSIGNED: transitions.unassign,
    ReviewEvent.Kind.DELETED: delete,
    ReviewEvent.Kind.RESTORED: restore,
}
