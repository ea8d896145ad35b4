"""Annotations and skips, from the bucket into the database: many at a time, those it has passed over."""

import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from itertools import islice

from django.db import transaction
from django.utils import timezone

from labeler.accounts import account_names
from labeler.accounts.models import User
from labeler.labeling.answering import spanindex
from labeler.labeling.answering.answers import KEY
from labeler.labeling.intake import revisions
from labeler.labeling.models import Annotation, LabeledSpan, Post, Project, Task
from labeler.labeling.models.annotation import SUBMIT_KEY, build
from labeler.labeling.recovery import buckets
from labeler.labeling.tasks import transitions
from labeler.reconciliation import Progress
from labeler.services import cloud
from labeler.sql import insert
from pipeline import messages, schema

log = logging.getLogger(__name__)

BATCH = 400  # labelers' answers to a post in one transaction
AHEAD = 16  # objects fetched at a time

Pair = tuple[int, int]  # task, labeler


class Annotations:
    """Adds those of one project; `counts` says what was done."""

    def __init__(self, project: Project, counts: "Counter[str]", progress: Progress) -> None:
        self._project, self.counts, self._progress = project, counts, progress
        self._labelers: dict[str, User] = {}

    def run(self) -> None:
        found = buckets.answers(cloud().labels, self._project.slug)
        before = self.counts["annotations"]
        with ThreadPoolExecutor(AHEAD) as pool:
            while batch := list(islice(found, BATCH)):
                with transaction.atomic():
                    self._take(pool, batch)
                self._progress(sum(len(one.objects) for one in batch))
        if self.counts["annotations"] > before:
            self._carry_over()

    def _take(self, pool: ThreadPoolExecutor, batch: Sequence[buckets.Answers]) -> None:
        pairs = list(self._with_tasks(batch))
        known: dict[Pair, set[int]] = {}
        rows = Annotation.objects.filter(task__in={task.pk for _, task in pairs})
        for task_id, labeler_id, n in rows.values_list("task_id", "labeler_id", "n"):
            known.setdefault((task_id, labeler_id), set()).add(n)
        wanted = []
        for answers, task in pairs:
            labeler = self._labeler(answers.labeler)
            have = known.get((task.pk, labeler.pk), set())
            wanted += [(answers.objects[n].key, task, labeler) for n in sorted(answers.objects) if n not in have]
        labels = cloud().labels
        bodies = pool.map(lambda one: labels.get(one[0]).body, wanted)
        made: list[Annotation] = []
        for (key, task, labeler), body in zip(wanted, bodies, strict=True):
            try:
                record = schema.Annotation.from_json(messages.loads(body))
                if record.key != key:
                    raise schema.SchemaError(f"given the annotation {record.key}, allowed: {key}")
                made.append(_row(task, labeler, record))
            except ValueError as error:
                self._unreadable(key, error)
        if made:
            self._save(made, set(known))

    def _save(self, made: list[Annotation], known: set[Pair]) -> None:
        # The objects of a pair come in the order of n: the last one stands.
        newest = {(row.task_id, row.labeler_id): row for row in made}
        first = [row for pair, row in newest.items() if pair not in known]
        for row in first:
            row.current = True
        _told_apart(made)
        insert(made)
        self.counts["annotations"] += len(made)
        insert([span for row in first for span in spanindex.spans_of(row, row.task.post.text)])
        for pair in set(newest) & known:
            _make_current(newest[pair])
        transitions.refit({task for task, _ in newest})

    def _with_tasks(self, batch: Sequence[buckets.Answers]) -> Iterator[tuple[buckets.Answers, Task]]:
        rows = Task.objects.filter(project=self._project, post__post_id__in={one.post_id for one in batch})
        wide = [f"post__{name}" for name in ("packed_steps", "packed_words", "suggested", "extra", "raw")]
        tasks = {(task.post.post_id, task.post.revision): task for task in rows.select_related("post").defer(*wide)}
        for one in batch:
            if task := tasks.get((one.post_id, one.revision)):
                task.project = task.post.project = self._project
                yield one, task
            else:
                self.counts["annotations without a post"] += len(one.objects)
                log.warning("annotations of %s, revision %s: the archive has no such post", one.post_id, one.revision)

    def _carry_over(self) -> None:
        """What older texts were labelled with is suggested in the newer ones, as it was when those came."""
        labelled = Annotation.objects.filter(
            project=self._project, current=True, kind=Annotation.Kind.LABELS, task__post__current=False
        )
        older = Post.objects.filter(pk__in=labelled.values("task__post")).order_by("fetched_at", "pk")
        for post in older.iterator(transitions.CHUNK):
            revisions.carry_over(post, begun_too=True)

    def _labeler(self, labeler_id: str) -> User:
        if labeler_id not in self._labelers:
            self._labelers[labeler_id], new = User.objects.get_or_create(
                labeler_id=labeler_id, defaults={"username": f"{account_names.UNNAMED}{labeler_id}", "is_active": False}
            )
            self.counts["labelers"] += new
        return self._labelers[labeler_id]

    def _unreadable(self, key: str, error: Exception) -> None:
        self.counts["unreadable"] += 1
        log.error("%s is passed over: %s", key, error)


def _make_current(row: Annotation) -> None:
    """The newest that its labeler has of the task, where others were there before it."""
    theirs = Annotation.objects.filter(task=row.task, labeler=row.labeler)
    newest = theirs.select_related("project").order_by("-n")[0]
    newest.task = row.task
    theirs.filter(current=True).exclude(pk=newest.pk).update(current=False)
    theirs.filter(pk=newest.pk).update(current=True)
    LabeledSpan.objects.filter(annotation__task=row.task, annotation__labeler=row.labeler).delete()
    spanindex.add(newest, row.task.post.text)


def _row(task: Task, labeler: User, record: schema.Annotation) -> Annotation:
    return build(
        task,
        labeler,
        record.n,
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
        idempotency_key=_key(record) or f"rebuilt-{task.pk}-{record.n}",
        stored_at=timezone.now(),
        preparation=record.preparation,
        tokenizer=record.tokenizer.to_json(),
        trace_id=record.trace_id,
        extra=record.extra,
        spans=[one.to_json() for one in record.spans],
        suggestions=record.suggestions,
    )


def _key(record: schema.Annotation) -> str:
    """What its page would send it again under; empty for one that no page sent, or that was stored without."""
    given = record.extra.get(SUBMIT_KEY)
    return given if isinstance(given, str) and KEY.fullmatch(given) else ""


def _told_apart(made: Sequence[Annotation]) -> None:
    """No two of a labeler's may have one key, whatever the objects say."""
    of = Annotation.objects.filter(idempotency_key__in={row.idempotency_key for row in made})
    taken: set[tuple[int, str]] = set(of.values_list("labeler_id", "idempotency_key"))
    for row in made:
        if (row.labeler_id, row.idempotency_key) in taken:
            row.idempotency_key = f"rebuilt-{row.task_id}-{row.n}"
        taken.add((row.labeler_id, row.idempotency_key))
