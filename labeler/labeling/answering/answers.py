"""Answers: a labeler's annotation of a task is saved once, whatever is repeated, lost or taken over on the way."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

from django.db import IntegrityError, transaction
from django.utils import timezone

from labeler import record_store
from labeler.accounts.models import User
from labeler.labeling.answering import spanindex
from labeler.labeling.answering.spans import TokenSpan, of_tokens, outcomes
from labeler.labeling.intake import revisions
from labeler.labeling.models import Annotation, Assignment, Project, SentBack, Task
from labeler.labeling.models.annotation import SUBMIT_KEY, build
from labeler.labeling.tasks import leases, rows, transitions
from labeler.labeling.tasks.membership import may_label
from labeler.labeling.tasks.states import Facts
from labeler.sql import Insertion, Instances, LockingStatement, Statement
from pipeline.errors import InvalidInput
from pipeline.schema import Span
from pipeline.schema.spans import to_rows

__all__ = ["Answer", "Saved", "submit", "undo_last"]

REASONS = ("not-a-post", "wrong-language", "unclear-guideline", "other")
MOST_SECONDS = 24 * 3600
MOST_COMMENT = 5000
KEY = re.compile(r"[A-Za-z0-9_-]{8,64}")

_TASK = Instances(
    f"""SELECT {rows.PROJECT.sql}, {rows.TASK.sql}, {rows.POST.sql}, project.body FROM labeling_task AS task
    JOIN labeling_post AS post ON post.id = task.post_id
    JOIN labeling_project AS project ON project.id = task.project_id
    WHERE task.id = %s""",  # noqa: S608
    rows.PROJECT,
    rows.TASK,
    rows.POST,
)
# What of it may have changed since it was read.
_LOCK = LockingStatement(
    """SELECT task.state, task.closed, task.deleted, task.withheld, post.preparation, post.current, project.event
    FROM labeling_task AS task JOIN labeling_post AS post ON post.id = task.post_id
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
    if not KEY.fullmatch(key):
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
        now = timezone.now()
        row = build(
            task,
            labeler,
            last.n + 1,
            kind=Annotation.Kind.WITHDRAWN,
            second_opinion=last.second_opinion,
            started_at=now,
            submitted_at=now,
            idempotency_key=f"undo-{last.pk}",
        )
        spanindex.supersede(last)
        row.save()
        answered = Assignment.objects.filter(task=task, labeler=labeler, state=Assignment.State.ANSWERED)
        if answered:
            transitions.lease(answered, labeler)
            transitions.refit([task.pk])
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
        state, closed, deleted, withheld, *seen = _LOCK.row(task.pk) or [""] * 4
        if seen != [task.post.preparation, task.post.current, task.project.event]:
            task = _read(task.pk)
            spans = _spans(task, labeler, answer)
        rows_of_task, known = transitions.standing(task, labeler)
        before = list(Annotation.objects.filter(task=task, labeler=labeler).order_by("n")) if known else []
        if any(one.idempotency_key == key for one in before):
            return None
        last = before[-1] if before else None
        facts = Facts(bool(task.post.current), bool(closed), bool(deleted), bool(withheld))
        filled = transitions.answer(task, state, facts, rows_of_task, labeler)
        now, seconds = timezone.now(), round(float(answer.active_seconds), 1)
        # Who answers again from a second tab keeps the assignment they have.
        corrected = last if last and last.kind != Annotation.Kind.WITHDRAWN else None
        counted = filled or (corrected and not corrected.second_opinion)
        labels = answer.kind == Annotation.Kind.LABELS
        row = build(
            task,
            labeler,
            last.n + 1 if last else 1,
            kind=answer.kind,
            reason=answer.reason,
            comment=answer.comment,
            flagged=answer.flagged,
            active_seconds=seconds,
            spans=to_rows(spans),
            submitted_at=now,
            started_at=(filled and filled.leased_at) or now - timedelta(seconds=seconds),
            second_opinion=not counted,
            idempotency_key=key,
            extra={SUBMIT_KEY: key},
            suggestions=outcomes(task.post.suggestions, spans, task.hides_suggestions) if labels else {},
        )
        if last:
            spanindex.supersede(last)
        _INSERT.save(row)
        spanindex.add(row, task.post.text)
        _NO_DRAFT.change(task.pk, labeler.pk)
        if last:
            SentBack.objects.filter(task=task, labeler=labeler, answer__isnull=True).update(answer=row)
        if corrected:  # the lease was given for that
            transitions.release(Assignment.objects.filter(task=task, labeler=labeler, state=Assignment.State.ANSWERED))
        if not task.post.current:
            revisions.carry_over(task.post)
    return row


def _read(task_id: int) -> Task:
    found = _TASK.row(task_id)
    if found is None:
        raise InvalidInput("token", task_id, "the token of a lease on a post that is still there")
    project, task, _, body = found
    project.hold(body)
    return cast(Task, task)


def _spans(task: Task, labeler: User, answer: Answer) -> list[Span]:
    """Raises `InvalidInput` for what does not fit the post, and where the project is not the labeler's."""
    if not may_label(task.project, labeler):
        raise InvalidInput("project", task.project.slug, "projects you are a member of")
    return of_tokens(task.post.ranges(), answer.spans, [one.name for one in task.project.settings.labels])


def _locked(task_id: int) -> Task:
    return Task.objects.select_related("post", "project").select_for_update(of=("self",)).get(pk=task_id)
