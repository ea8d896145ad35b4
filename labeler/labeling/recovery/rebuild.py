"""Makes the database from the buckets, or adds what it lacks. Repeats are harmless, so it may be broken off.

Not in the buckets, and so not rebuilt: passwords, sessions, drafts, leases. A labeler unknown to the database gets an
account without a password, named by the opaque id.
"""

import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from labeler.accounts.models import User
from labeler.cloud import cloud
from labeler.labeling import projects, revisions, storing
from labeler.labeling.answers import index
from labeler.labeling.models import Annotation, LabeledSpan, Place, Project, Task
from labeler.labeling.recovery import buckets, parts, reconcile
from pipeline import archive, schema

log = logging.getLogger(__name__)

BATCH = 200  # labelers' answers to a post in one transaction
AHEAD = 8  # objects fetched at a time


class Rebuild:
    """One run; `counts` says what was added."""

    def __init__(self, progress: Callable[[int], object] = lambda _: None) -> None:
        self.counts = Counter[str]()
        self._progress = progress
        self._labelers: dict[str, User] = {}

    def run(self) -> None:
        # What waits for S3 first: it may have to give way to numbers that are taken there.
        while storing.sweep()[0]:
            pass
        away = cloud()
        for part in parts.first:
            self.counts.update(part.rebuild(self._progress))
        for slug in buckets.slugs(away.labels):
            project = projects.index(projects.newest_settings(away.labels, slug))
            self.counts["projects"] += 1
            self._posts(project)
            self._annotations(project)
            for own in parts.parts:
                self.counts.update(own.rebuild(project, self._progress))
            for row in reconcile.lost_objects(project):
                # Marked as stored, and gone from the bucket: the sweep below puts it there again.
                Annotation.objects.filter(pk=row.pk).update(stored_at=None)
        while stored := storing.sweep()[0]:
            self.counts["annotations stored again"] += stored

    def _posts(self, project: Project) -> None:
        store = cloud().posts
        for key, rows in archive.rows(store, archive.objects(store, archive.POSTS, project.slug)):
            ready = []
            for row in rows:
                try:
                    ready.append(schema.PostReady.from_json(row))
                except schema.SchemaError as error:
                    self._unreadable(key, error)
            with transaction.atomic():
                taken = revisions.take_all(Project.objects.select_for_update(no_key=True).get(pk=project.pk), ready)
            self.counts["posts"] += taken.total() - taken["repeated"] - taken["prepared"]
            self._progress(len(rows))

    def _annotations(self, project: Project) -> None:
        found = buckets.answers(cloud().labels, project.slug)
        with ThreadPoolExecutor(AHEAD) as pool:
            while batch := list(islice(found, BATCH)):
                with transaction.atomic():
                    for answers, task in self._with_tasks(project, batch):
                        self._take(pool, task, answers)
                self._progress(sum(len(one.objects) for one in batch))

    def _with_tasks(self, project: Project, batch: Sequence[buckets.Answers]) -> Iterator[tuple[buckets.Answers, Task]]:
        rows = Task.objects.filter(project=project, post__post_id__in={one.post_id for one in batch})
        tasks = {(task.post.post_id, task.post.revision): task for task in rows.select_related("post", "project")}
        for one in batch:
            if task := tasks.get((one.post_id, one.revision)):
                yield one, task
            else:
                self.counts["annotations without a post"] += len(one.objects)
                log.warning("annotations of %s, revision %s: the archive has no such post", one.post_id, one.revision)

    def _take(self, pool: ThreadPoolExecutor, task: Task, answers: buckets.Answers) -> None:
        labeler = self._labeler(answers.labeler)
        known = set(Annotation.objects.filter(task=task, labeler=labeler).values_list("n", flat=True))
        missing = [answers.objects[n].key for n in sorted(answers.objects) if n not in known]
        if not missing:
            return
        labels = cloud().labels
        for key, body in zip(missing, pool.map(lambda key: labels.get(key).body, missing), strict=True):
            try:
                record = schema.Annotation.from_json(json.loads(body))
                if record.key != key:
                    raise schema.SchemaError(f"given the annotation {record.key}, allowed: {key}")
                _row(task, labeler, record).save()
            except ValueError as error:
                self._unreadable(key, error)
                continue
            self.counts["annotations"] += 1
        settle(task, labeler)

    def _labeler(self, labeler_id: str) -> User:
        if labeler_id not in self._labelers:
            self._labelers[labeler_id], new = User.objects.get_or_create(
                labeler_id=labeler_id, defaults={"username": f"labeler-{labeler_id}", "is_active": False}
            )
            self.counts["labelers"] += new
        return self._labelers[labeler_id]

    def _unreadable(self, key: str, error: Exception) -> None:
        self.counts["unreadable"] += 1
        log.error("%s is passed over: %s", key, error)


def _row(task: Task, labeler: User, record: schema.Annotation) -> Annotation:
    return Annotation(
        project=task.project,
        task=task,
        labeler=labeler,
        n=record.n,
        current=False,
        kind=record.kind,
        second_opinion=record.second_opinion,
        flagged=record.flagged,
        reason=record.reason,
        comment=record.comment,
        settings_event=record.settings,
        guideline_version=record.guideline_version,
        started_at=datetime.fromisoformat(record.started_at),
        submitted_at=datetime.fromisoformat(record.submitted_at),
        active_seconds=record.active_seconds,
        idempotency_key=f"rebuilt-{task.pk}-{record.n}",
        stored_at=timezone.now(),
        preparation=record.preparation,
        tokenizer=record.tokenizer.to_json(),
        trace_id=record.trace_id,
        extra=record.extra,
        spans=[one.to_json() for one in record.spans],
        suggestions=record.suggestions,
    )


def settle(task: Task, labeler: User) -> None:
    """Makes the labeler's newest answer the current one, and fits the task's places to it."""
    rows = Annotation.objects.filter(task=task, labeler=labeler)
    newest = rows.select_related("project").order_by("-n").first()
    if newest is None:
        return
    rows.filter(current=True).exclude(pk=newest.pk).update(current=False)
    rows.filter(pk=newest.pk).update(current=True)
    LabeledSpan.objects.filter(annotation__task=task, annotation__labeler=labeler).delete()
    index(newest, task.post.text)
    counts = newest.kind != Annotation.Kind.WITHDRAWN and not newest.second_opinion
    own = Place.objects.filter(task=task, labeler=labeler).first()
    if counts and (own is None or own.state != Place.State.ANSWERED):
        place = own or _spare(task)
        Place.objects.filter(pk=place.pk).update(
            state=Place.State.ANSWERED, labeler=labeler, token=None, leased_at=None, leased_until=None
        )
    elif not counts and own and own.state == Place.State.ANSWERED:
        reopened = Place.State.OPEN if task.post.current else Place.State.CLOSED
        Place.objects.filter(pk=own.pk).update(state=reopened, labeler=None)
    _restate(task)


def _spare(task: Task) -> Place:
    """A place nobody holds, or one more: what was answered counts, whatever the redundancy is now."""
    places = Place.objects.filter(task=task)
    free = places.exclude(state=Place.State.ANSWERED).filter(labeler=None).order_by("number").first()
    if free:
        return free
    number = (places.aggregate(most=Max("number"))["most"] or 0) + 1
    return Place.objects.create(
        task=task, project=task.project, number=number, rank=task.rank, state=Place.State.CLOSED
    )


def _restate(task: Task) -> None:
    if task.state == Task.State.DELETED:
        return
    places = Place.objects.filter(task=task)
    if task.post.current:
        state = Task.State.OPEN if places.filter(state=Place.State.OPEN).exists() else Task.State.DONE
    else:
        answered = places.filter(state=Place.State.ANSWERED).exists()
        state = Task.State.STALE if answered else Task.State.CLOSED
    Task.objects.filter(pk=task.pk).update(state=state)
