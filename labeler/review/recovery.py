"""Gold answers and releases, from the buckets into the database and compared with them."""

import hashlib
import json
import logging
import sqlite3
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice
from typing import Any

from django.db import transaction
from django.utils import timezone

from labeler.cloud import cloud
from labeler.labeling.models import Project, Task
from labeler.labeling.recovery.parts import Progress
from labeler.review import gold
from labeler.review.models import Gold, Release
from labeler.review.releases import building
from labeler.review.releases.options import Options
from pipeline import schema
from pipeline.ports import Listed

log = logging.getLogger(__name__)

BATCH = 200  # objects in one transaction
AHEAD = 8  # fetched at a time
CHUNK = 500


class GoldPart:
    def rebuild(self, project: Project, progress: Progress) -> "Counter[str]":
        counts: Counter[str] = Counter()
        objects = cloud().labels.list(f"gold/{project.slug}/")
        with ThreadPoolExecutor(AHEAD) as pool:
            while batch := list(islice(objects, BATCH)):
                with transaction.atomic():
                    self._take(project, self._missing(project, batch), pool, counts)
                progress(len(batch))
        if stored := gold.sweep():
            counts["gold stored again"] = stored
        return counts

    def _missing(self, project: Project, batch: list[Listed]) -> list[tuple[str, int, Task]]:
        places = [(one.key, *_place(one.key)) for one in batch]
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
            rows.exclude(pk=stands).update(current=False)
            rows.filter(pk=stands).update(current=True)

    def differences(self, project: Project, progress: Progress) -> Iterator[str]:
        stored = sqlite3.connect("")  # the listing, in a temporary file instead of memory
        try:
            stored.execute("create table keys (key text primary key, etag) without rowid")
            listed = ((one.key, one.etag.strip('"')) for one in cloud().labels.list(f"gold/{project.slug}/"))
            stored.executemany("insert into keys values (?, ?)", listed)
            for row in (
                Gold.objects.filter(project=project).select_related(*gold.RELATED).order_by("pk").iterator(CHUNK)
            ):
                yield from self._compared(row, stored)
                progress(1)
            for (key,) in stored.execute("select key from keys order by key"):
                yield f"{key}: in S3 only"
        finally:
            stored.close()

    def _compared(self, row: Gold, stored: sqlite3.Connection) -> Iterator[str]:
        key, body = row.record().key, gold.body(row)
        found = stored.execute("select etag from keys where key = ?", (key,)).fetchone()
        stored.execute("delete from keys where key = ?", (key,))
        if found is None:
            yield f"{key}: in the database only" + ("" if row.stored_at else ", waiting to be stored")
            return
        same = found[0] == hashlib.md5(body, usedforsecurity=False).hexdigest()
        # Where S3 encrypts with a key of ours, an ETag is no MD5.
        if not same and cloud().labels.get(key).body != body:
            yield f"{key}: the object is not what the row says"
        elif row.stored_at is None:
            yield f"{key}: in S3, and not marked as stored"


class ReleasePart:
    def rebuild(self, project: Project, progress: Progress) -> "Counter[str]":
        counts: Counter[str] = Counter()
        known = set(_published(project))
        for version in building.published_versions(cloud().releases, project.slug):
            if version in known:
                continue
            manifest = _manifest(project, version)
            began = datetime.fromisoformat(manifest["began_at"])
            options = Options(
                formats=tuple(dict.fromkeys(one["format"] for one in manifest["files"])),
                unit=manifest["unit"],
                shares=manifest["shares"],
                seed=manifest["seed"],
                licence=manifest["licence"],
            )
            fields = {
                "options": {**options.to_json(), "filters": manifest["filters"]},
                "by": manifest["by"],
                "began_at": began,
                "beat_at": began,
                "state": Release.State.PUBLISHED,
                "done": manifest["posts"],
                "manifest": manifest,
            }
            Release.objects.update_or_create(project=project, version=version, defaults=fields)
            counts["releases"] += 1
            progress(1)
        return counts

    def differences(self, project: Project, progress: Progress) -> Iterator[str]:
        rows = _published(project)
        there = set(building.published_versions(cloud().releases, project.slug))
        for version in sorted(there | set(rows)):
            name = f"releases/{project.slug}/v{version}"
            if version not in rows:
                yield f"{name}: in S3 only"
            elif version not in there:
                yield f"{name}: in the database only"
            elif rows[version] != _manifest(project, version):
                yield f"{name}: the manifest is not what the row says"
            progress(1)


def _published(project: Project) -> dict[int, dict[str, Any]]:
    rows = Release.objects.filter(project=project, state=Release.State.PUBLISHED)
    return dict(rows.values_list("version", "manifest"))


def _manifest(project: Project, version: int) -> dict[str, Any]:
    key = f"releases/{project.slug}/v{version}/manifest.json"
    manifest: dict[str, Any] = json.loads(cloud().releases.get(key).body)
    return manifest


def _place(key: str) -> tuple[str, str, int]:
    """(post_id, revision, n) of `gold/{project}/{post_id}/{revision}/{n}.json`."""
    _, _, post_id, revision, name = key.split("/")
    return post_id, revision, int(name.removesuffix(".json"))


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
