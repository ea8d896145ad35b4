"""Events of record: a row in the transaction of the action, then an object that never changes."""

import threading
from collections import Counter
from collections.abc import Collection

from django.utils import timezone

from labeler import record_store
from labeler.adjudication.models import ReviewEvent, Touched
from labeler.audit.models import AuditEntry
from labeler.labeling.models import Project, Task
from pipeline.schema import Json

CHUNK = 500


def record(
    project: Project,
    kind: str,
    by: str,
    why: str,
    about: Json,
    tasks: Collection[int] = (),
) -> ReviewEvent:
    """The next event of a project, in the transaction that does what it says; `record_store.store` it after that.

    `tasks`: what it changed, named in `about` as `posts` too.
    """
    if tasks:
        about = {"posts": _pairs(tasks), **about}
    # Numbers are given one at a time; FOR NO KEY lets submits, which refer to the project, go on.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    row = ReviewEvent.objects.create(
        project=project,
        n=ReviewEvent.last(project) + 1,
        kind=kind,
        at=timezone.now(),
        by=by,
        why=why,
        about=about,
    )
    touch(row, tasks)
    return row


def sweep(stopping: threading.Event) -> "Counter[str]":
    """Events and audit entries that wait for S3. Housekeeping, so it tells of nothing done."""
    record_store.sweep(ReviewEvent)
    record_store.sweep(AuditEntry)
    return Counter()


def touch(row: ReviewEvent, tasks: Collection[int]) -> None:
    Touched.objects.bulk_create([Touched(event=row, task_id=task) for task in tasks], batch_size=CHUNK)


def _pairs(tasks: Collection[int]) -> list[list[str]]:
    rows = Task.objects.filter(pk__in=tasks).order_by("pk").values_list("post__post_id", "post__revision")
    return [list(pair) for pair in rows]
