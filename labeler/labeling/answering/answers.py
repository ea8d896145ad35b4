"""Answers: a labeler's annotation of a task is saved once, whatever is repeated, lost or taken over on the way."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.utils import timezone

from labeler import record_store
from labeler.accounts.models import User
from labeler.labeling.answering import spanindex
from labeler.labeling.answering.spans import TokenSpan, of_tokens, outcomes
from labeler.labeling.intake import revisions
from labeler.labeling.models import Annotation, Assignment, LabeledSpan, Project, SentBack, Task
from labeler.labeling.tasks import annotator_sets, leases, rows, seats
from labeler.labeling.tasks.membership import may_label
from labeler.sql import Insertion, LockingStatement, Statement
from pipeline.errors import InvalidInput
from pipeline.schema import Span

__all__ = ["Answer", "Saved", "submit", "undo_last"]

REASONS = ("not-a-post", "wrong-language", "unclear-guideline", "other")
MOST_SECONDS = 24 * 3600
MOST_COMMENT = 5000
_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")

_TASK = Statement(
    f"""SELECT {rows.PROJECT}, {rows.TASK} FROM labeling_task AS task
    JOIN labeling_post AS post ON post.id = task.post_id
    JOIN labeling_project AS project ON project.id = task.project_id
    WHERE task.id = %s"""  # noqa: S608
)
# What of it may have changed since it was read.
_LOCK = LockingStatement(
    """SELECT task.state, post.preparation, post.current, project.event FROM labeling_task AS task
    JOIN labeling_post AS post ON post.id = task.post_id
    JOIN labeling_project AS project ON project.id = task.project_id
    WHERE task.id = %s""",
    of="task",
)
_NO_DRAFT = Statement("DELETE FROM labeling_draft WHERE task_id = %s AND labeler_id = %s")
_INSERT = Insertion(Annotation)


@dataclass(frozen=True, slots=True)
class Answer:
    """`spans`: half-open token ranges with labels; `reason`: of a skip, one of `REASONS`, `other` with a comment."""

    kind: str  # labels, skip
    spans: Sequence[TokenSpan] = ()
    reason: str = ""
    comment: str = ""
    flagged: bool = False
    active_seconds: float = 0


@dataclass(frozen=True, slots=True)
class Saved:
    """`stored`: it is in S3, else saved and waiting for it. `repeated`: this is what the first submit made."""

    annotation: Annotation
    stored: bool
    second_opinion: bool
    repeated: bool = False


def submit(token: str, labeler: User, answer: Answer, key: str) -> Saved:
    """Saves an answer; the same `key` (8 to 64 letters, digits, - or _) again gives the same result.

    Raises `InvalidInput` for spans outside the tokenization, unknown labels, a token of somebody else.
    """
    if not _KEY.fullmatch(key):
        raise InvalidInput("key", key, "8 to 64 letters, digits, - or _")
    try:
        given = leases.open_token(token)
    except leases.LeaseLost:
        raise InvalidInput("token", token, "the token of a lease") from None
    if given.labeler_id != labeler.pk:
        raise InvalidInput("token", token, "a token that was given to you")
    _check(answer)
    try:
        row = _save(given, labeler, answer, key)
    except IntegrityError:
        row = None  # the key was used for another post, or twice at the same moment
    if row is None:
        return _earlier(labeler, key, given.task_id)
    return Saved(row, record_store.store(row), row.second_opinion)


def undo_last(labeler: User, project: Project) -> Saved | None:
    """Withdraws the labeler's last answer in a project (n + 1), and leases its task to them again.

    Called twice it answers the same. None when there is nothing to undo.
    """
    with transaction.atomic():
        last = Annotation.objects.filter(labeler=labeler, project=project).order_by("-submitted_at", "-id").first()
        if last is None:
            return None
        if last.kind == Annotation.Kind.WITHDRAWN:
            return Saved(last, last.stored_at is not None, last.second_opinion, repeated=True)
        task = _locked(last.task_id)
        row = _new(task, labeler, last, f"undo-{last.pk}")
        row.kind, row.second_opinion = Annotation.Kind.WITHDRAWN, last.second_opinion
        row.started_at = row.submitted_at = timezone.now()
        row.save()
        place = Assignment.objects.filter(task=task, labeler=labeler, state=Assignment.State.ANSWERED).first()
        if place:
            _give_back(task, place, labeler)
    return Saved(row, record_store.store(row), row.second_opinion)


def _check(answer: Answer) -> None:
    if answer.kind not in (Annotation.Kind.LABELS, Annotation.Kind.SKIP):
        raise InvalidInput("kind", answer.kind, "labels, skip")
    if answer.kind == Annotation.Kind.SKIP:
        if answer.reason not in REASONS:
            raise InvalidInput("reason", answer.reason, ", ".join(REASONS))
        if answer.reason == "other" and not answer.comment.strip():
            raise InvalidInput("comment", answer.comment, "some words, with the reason `other`")
        if answer.spans:
            raise InvalidInput("spans", answer.spans, "none in a skip")
    if len(answer.comment) > MOST_COMMENT:
        raise InvalidInput("comment", f"{len(answer.comment)} characters", f"at most {MOST_COMMENT}")
    if not 0 <= answer.active_seconds <= MOST_SECONDS:
        raise InvalidInput("active_seconds", answer.active_seconds, f"0 to {MOST_SECONDS}")


def _earlier(labeler: User, key: str, task_id: int) -> Saved:
    """What a submit with this key made before, stored by now where it can be."""
    row = Annotation.objects.select_related(*Annotation.RELATED).get(labeler=labeler, idempotency_key=key)
    if row.task_id != task_id:
        raise InvalidInput("key", key, "a new key for each answer; this one belongs to another post's")
    return Saved(row, row.stored_at is not None or record_store.store(row), row.second_opinion, repeated=True)


def _save(given: leases.Grant, labeler: User, answer: Answer, key: str) -> Annotation | None:
    """The new row; None when this very submit was saved before."""
    # Read and worked out before the transaction, in which SQLite lets nobody else write.
    task = _read(given.task_id)
    spans = _spans(task, labeler, answer)
    with transaction.atomic():
        state, *seen = _LOCK.row(task.pk) or [None]
        if seen != [task.post.preparation, task.post.current, task.project.event]:
            task = _read(task.pk)
            spans = _spans(task, labeler, answer)
        task.state = state
        places, before = seats.standing(task, labeler)
        if any(one.idempotency_key == key for one in before):
            return None
        last = before[-1] if before else None
        place = seats.take(task, places, labeler)
        row = _new(task, labeler, last, key)
        row.kind, row.reason = answer.kind, answer.reason
        row.comment, row.flagged = answer.comment, answer.flagged
        row.active_seconds = round(float(answer.active_seconds), 1)
        row.spans = [one.to_json() for one in spans]
        row.submitted_at = timezone.now()
        row.started_at = (place and place.leased_at) or row.submitted_at - timedelta(seconds=row.active_seconds)
        # Who answers again from a second tab keeps the place they have.
        corrected = last if last and last.kind != Annotation.Kind.WITHDRAWN else None
        row.second_opinion = corrected.second_opinion if corrected else place is None
        if answer.kind == Annotation.Kind.LABELS:
            row.suggestions = outcomes(task.post.suggestions, spans, task.hides_suggestions)
        _INSERT.save(row)
        spanindex.add(row, task.post.text)
        _NO_DRAFT.change(task.pk, labeler.pk)
        if last:
            SentBack.objects.filter(task=task, labeler=labeler, answer__isnull=True).update(answer=row)
        if corrected:  # the lease was given for that
            answered = Assignment.objects.filter(task=task, labeler=labeler, state=Assignment.State.ANSWERED)
            answered.update(token=None, leased_at=None, leased_until=None)
        if not task.post.current:
            Task.objects.filter(pk=task.pk).exclude(state=Task.State.DELETED).update(state=Task.State.STALE)
            revisions.carry_over(task.post)
    return row


def _read(task_id: int) -> Task:
    found = _TASK.row(task_id)
    if found is None:
        raise InvalidInput("token", task_id, "the token of a lease on a post that is still there")
    project, task = rows.split(found)
    return rows.task(task, rows.project(project))


def _spans(task: Task, labeler: User, answer: Answer) -> list[Span]:
    """Raises `InvalidInput` for what does not fit the post, and where the project is not the labeler's."""
    if not may_label(task.project, labeler):
        raise InvalidInput("project", task.project.slug, "projects you are a member of")
    return of_tokens(task.post.ranges(), answer.spans, [one.name for one in task.project.settings.labels])


def _give_back(task: Task, place: Assignment, labeler: User) -> None:
    """Leases the place of a withdrawn answer to its labeler; a task that was closed meanwhile asks nobody else."""
    places = Assignment.objects.filter(task=task).exclude(pk=place.pk)
    closed = (
        task.state not in (Task.State.OPEN, Task.State.DONE) or places.filter(state=Assignment.State.CLOSED).exists()
    )
    state = Assignment.State.CLOSED if closed else Assignment.State.OPEN
    Assignment.objects.filter(pk=place.pk).update(state=state, **leases.grant(labeler))
    annotator_sets.fit([task.pk])
    if task.state == Task.State.DONE and not closed:
        Task.objects.filter(pk=task.pk).update(state=Task.State.OPEN)
    elif task.state == Task.State.DONE and not places.filter(state=Assignment.State.ANSWERED).exists():
        Task.objects.filter(pk=task.pk).update(state=Task.State.CLOSED)


def _locked(task_id: int) -> Task:
    return Task.objects.select_related("post", "project").select_for_update(of=("self",)).get(pk=task_id)


def _new(task: Task, labeler: User, last: Annotation | None, key: str) -> Annotation:
    """An unsaved row for the labeler's next answer, which takes the place of `last` as their current one."""
    if last:
        Annotation.objects.filter(pk=last.pk).update(current=False)
        LabeledSpan.objects.filter(annotation=last).delete()
    settings, post = task.project.settings, task.post
    return Annotation(
        project=task.project,
        task=task,
        labeler=labeler,
        n=last.n + 1 if last else 1,
        settings_event=settings.n,
        guideline_version=settings.guideline_version,
        idempotency_key=key,
        preparation=post.preparation,
        tokenizer=post.tokenizer.to_json(),
        trace_id=post.trace_id,
    )
