"""Decided answers: kept once, as objects that never change, like annotations."""

import logging
from collections.abc import Sequence

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from labeler.cloud import cloud
from labeler.labeling.answering import storing
from labeler.labeling.answering.spans import Refused, TokenSpan, of_tokens
from labeler.labeling.models import Task
from labeler.review.adjudication import comparing
from labeler.review.models import Gold
from pipeline.ports import ObjectStore, StoreUnavailable

log = logging.getLogger(__name__)
RELATED = ("project", "task__post")  # what a decision's body is made of


def decide(task: Task, spans: Sequence[TokenSpan], by: str, comment: str = "") -> Gold:
    """The next decision on a task, stored when S3 is there. Spans are half-open token ranges. Raises `Refused`."""
    with transaction.atomic():
        task = Task.objects.select_related("post", "project").select_for_update(of=("self",)).get(pk=task.pk)
        settings, post = task.project.settings, task.post
        found = of_tokens(post.ranges(), spans, [one.name for one in settings.labels])
        if len(comment) > 5000:
            raise Refused("comment", f"{len(comment)} characters", "at most 5000")
        earlier = Gold.objects.filter(task=task)
        last = earlier.aggregate(most=Max("n"))["most"] or 0
        earlier.filter(current=True).update(current=False)
        row = Gold.objects.create(
            project=task.project,
            task=task,
            n=last + 1,
            by=by,
            decided_at=timezone.now(),
            comment=comment,
            settings_event=settings.n,
            guideline_version=settings.guideline_version,
            preparation=post.preparation,
            tokenizer=post.tokenizer.to_json(),
            spans=[one.to_json() for one in found],
        )
    store(row)
    comparing.compare_all([task.pk])  # what is decided is in dispute no more
    return row


def store(row: Gold) -> bool:
    """True once the object is in S3. Where its key is taken by another body, the row takes the next number."""
    labels = cloud().labels
    try:
        while not storing.put(labels, row):
            _take_next_number(labels, row)
    except StoreUnavailable as error:
        log.warning("gold %s is saved and waits for S3: %s", row.pk, error)
        return False
    row.stored_at = timezone.now()
    Gold.objects.filter(pk=row.pk).update(stored_at=row.stored_at)
    return True


def sweep() -> int:
    """Stores what waits; returns how many were stored."""
    stored = 0
    for row in Gold.objects.filter(stored_at__isnull=True).select_related(*RELATED).order_by("pk"):
        if not store(row):
            break
        stored += 1
    return stored


def _take_next_number(labels: ObjectStore, row: Gold) -> None:
    known = storing.highest(labels, row)
    with transaction.atomic():
        most = Gold.objects.select_for_update().filter(task=row.task_id).aggregate(most=Max("n"))["most"]
        row.n = max(known, most) + 1
        row.save(update_fields=["n"])
