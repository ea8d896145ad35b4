"""Decided answers, from the bucket into the database and compared with it."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils import timezone

from labeler import record_store
from labeler.adjudication.models import Gold
from labeler.labeling.models import Project, Task
from labeler.labeling.tasks import transitions
from labeler.reconciliation import CHUNK, Progress, differences
from labeler.services import cloud
from pipeline import schema
from pipeline.ports import Listed
from pipeline.schema.annotation import read_gold_key

log = logging.getLogger(__name__)

BATCH = 200  # objects in one transaction
AHEAD = 8  # fetched at a time


class GoldPart:
    def rebuild(self, project: Project, progress: Progress) -> "Counter[str]":
        counts: Counter[str] = Counter()
        objects = cloud().labels.list(f"gold/{project.slug}/")
        with ThreadPoolExecutor(AHEAD) as pool:
            while batch := list(islice(objects, BATCH)):
                with transaction.atomic():
                    self._take(project, self._missing(project, batch), pool, counts)
                progress(len(batch))
        while stored := record_store.sweep(Gold)[0]:
            counts["gold stored again"] += stored
        return counts

    def _missing(self, project: Project, batch: list[Listed]) -> list[tuple[str, int, Task]]:
        places = [(one.key, *place) for one in batch if (place := _place(one.key))]
        rows = Task.objects.filter(project=project, post__post_id__in={post_id for _, post_id, _, _ in places})
        tasks = {(task.post.post_id, task.post.revision): task for task in rows.select_related("post", "project")}
        known = set(Gold.objects.filter(task__in=[task.pk for task in tasks.values()]).values_list("task", "n"))
        found = []
        for key, post_id, revision, n in places:
            task = tasks.get((post_id, revision))
            if task is None:
                log.warning("%s: the archive has no such post", key)
            elif (task.pk, n) not in known:
                found.append((key, n, task))
        return found

    def _take(
        self, project: Project, missing: list[tuple[str, int, Task]], pool: ThreadPoolExecutor, counts: "Counter[str]"
    ) -> None:
        labels = cloud().labels
        bodies = pool.map(lambda one: labels.get(one[0]).body, missing)
        touched = set()
        for (key, _, task), body in zip(missing, bodies, strict=True):
            try:
                record = schema.Gold.from_json(json.loads(body))
                if record.key != key:
                    raise schema.SchemaError(f"given the decision {record.key}, allowed: {key}")
                _row(project, task, record).save()
            except ValueError as error:
                counts["unreadable"] += 1
                log.error("%s is passed over: %s", key, error)
                continue
            counts["gold"] += 1
            touched.add(task.pk)
        for task_id in touched:
            rows = Gold.objects.filter(task=task_id)
            newest = rows.order_by("-n").first()
            stands = newest.pk if newest and not newest.extra.get("withdrawn") else None
            rows.exclude(pk=stands or 0).update(current=False)
            rows.filter(pk=stands or 0).update(current=True)
            transitions.decide(task_id, stands is not None)

    def differences(self, project: Project, progress: Progress) -> Iterator[str]:
        rows = Gold.objects.filter(project=project).select_related(*Gold.RELATED).order_by("pk")
        found = ((row.record().key, record_store.body(row), row.stored_at is not None) for row in rows.iterator(CHUNK))
        return differences(cloud().labels, f"gold/{project.slug}/", found, progress)


def _place(key: str) -> tuple[str, str, int] | None:
    """(post_id, revision, n) of `gold/{project}/{post_id}/{revision}/{n}.json`; None for another name."""
    found = read_gold_key(key)
    if found is None:
        log.warning("%s is passed over: no decision is named so", key)
    return found


def _row(project: Project, task: Task, record: schema.Gold) -> Gold:
    return Gold(
        project=project,
        task=task,
        n=record.n,
        current=False,
        by=record.by,
        decided_at=datetime.fromisoformat(record.decided_at),
        comment=record.comment,
        settings_event=record.settings,
        guideline_version=record.guideline_version,
        preparation=record.preparation,
        tokenizer=record.tokenizer.to_json(),
        spans=[one.to_json() for one in record.spans],
        extra=record.extra,
        stored_at=timezone.now(),
    )
