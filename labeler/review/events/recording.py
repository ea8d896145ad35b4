"""Events of record: a row in the transaction of the deed, then an object that never changes."""

import logging
from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from labeler.cloud import cloud
from labeler.labeling.answering import storing
from labeler.labeling.models import Project, Task
from labeler.review.models import BulkAction, ReviewEvent, Touched
from pipeline.ports import ObjectStore, StoreUnavailable

log = logging.getLogger(__name__)

CHUNK = 500


def record(
    project: Project,
    kind: str,
    by: str,
    why: str,
    about: dict[str, Any],
    tasks: Collection[int] = (),
    action: BulkAction | None = None,
) -> ReviewEvent:
    """The next event of a project, in the transaction that does what it says; `store` it after that.

    `tasks`: what it changed, named in `about` as `posts` too.
    """
    if tasks:
        about = {"posts": _pairs(tasks), **about}
    # Numbers are given one at a time; FOR NO KEY lets submits, which refer to the project, go on.
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    row = ReviewEvent.objects.create(
        project=project,
        n=_last(project) + 1,
        kind=kind,
        at=timezone.now(),
        by=by,
        why=why,
        about=about,
        action=action,
    )
    touch(row, tasks)
    return row


def touch(row: ReviewEvent, tasks: Collection[int]) -> None:
    Touched.objects.bulk_create([Touched(event=row, task_id=task) for task in tasks], batch_size=CHUNK)


def _pairs(tasks: Collection[int]) -> list[list[str]]:
    rows = Task.objects.filter(pk__in=tasks).order_by("pk").values_list("post__post_id", "post__revision")
    return [list(pair) for pair in rows]


def _last(project: Project) -> int:
    return ReviewEvent.objects.filter(project=project).aggregate(most=Max("n"))["most"] or 0


def store(row: ReviewEvent) -> bool:
    """True once the object is in S3. Where its key is taken by another body, the row takes the next number."""
    labels = cloud().labels
    try:
        while not storing.put(labels, row):
            _take_next_number(labels, row)
    except StoreUnavailable as error:
        log.warning("review event %s is saved and waits for S3: %s", row.pk, error)
        return False
    row.stored_at = timezone.now()
    ReviewEvent.objects.filter(pk=row.pk).update(stored_at=row.stored_at)
    return True


def sweep() -> int:
    """Stores what waits, oldest first; returns how many were stored."""
    stored = 0
    for row in ReviewEvent.objects.filter(stored_at__isnull=True).select_related("project").order_by("pk"):
        if not store(row):
            break
        stored += 1
    return stored


def _take_next_number(labels: ObjectStore, row: ReviewEvent) -> None:
    """The database is behind the bucket: the number after all that either knows."""
    known = storing.highest(labels, row)
    with transaction.atomic():
        project = Project.objects.select_for_update(no_key=True).get(pk=row.project_id)
        row.n = max(known, _last(project)) + 1
        row.save(update_fields=["n"])
