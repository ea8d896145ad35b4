"""Leases: who works on which task, and until when.

A lease is an assignment held for ten minutes under a token that is new at each claim. The token a page gets is signed
and names the task and the labeler, so that an answer under a lease that somebody else took over can still be kept.
"""

import json
import random
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.core.signing import BadSignature, Signer
from django.db import IntegrityError
from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling.models import Annotation, Assignment, Post, Project, Task
from labeler.labeling.tasks import queue, rows, transitions
from labeler.labeling.tasks.membership import may_label
from labeler.sql import Columns, Instances, Statement
from pipeline.draw import draw
from pipeline.schema import Suggestion

GRACE = timedelta(seconds=90)  # longer than a page waits before it renews its lease
MOST_HELD = 2  # the post on screen, and the one fetched ahead
_TRIES = 3  # of a claim, when the same labeler took another assignment of the task at the same moment
_QUESTIONS = 50  # decided posts among which one is drawn

supplies: list[Callable[[], int]] = []  # asked for more posts when there is none to give; each returns how many came

_signer = Signer(salt="labeler.lease")

# What a reviewer sent back, oldest first, then the live leases, oldest first: kind, task, assignment.
_MINE = Statement(
    """SELECT kind, task, assignment FROM (
        SELECT 'returned' AS kind, s.task_id AS task, 0 AS assignment, 0 AS turn, s.id AS number, NULL AS since
            FROM labeling_sentback AS s JOIN labeling_task AS t ON t.id = s.task_id
            WHERE s.project_id = %s AND s.labeler_id = %s AND s.answer_id IS NULL AND NOT t.deleted
        UNION ALL SELECT 'held', p.task_id, p.id, 1, p.id, p.leased_at FROM labeling_assignment AS p
            WHERE p.project_id = %s AND p.labeler_id = %s AND p.token IS NOT NULL AND p.leased_until > %s
            AND p.state <> 'answered'
    ) AS mine ORDER BY turn, since, number"""
)
_ASKED = ("project", "rank", "post__post_id")  # what of a task a question takes
_ASSIGNMENT = Columns(Assignment, "assignment")
_LEASE = Instances(
    f"""SELECT {_ASSIGNMENT.sql}, {rows.TASK.sql}, {rows.POST.sql}, draft.state
    FROM labeling_assignment AS assignment JOIN labeling_task AS task ON task.id = assignment.task_id
    JOIN labeling_post AS post ON post.id = task.post_id
    LEFT JOIN labeling_draft AS draft ON draft.task_id = task.id AND draft.labeler_id = assignment.labeler_id
    WHERE assignment.id = %s""",  # noqa: S608
    _ASSIGNMENT,
    rows.TASK,
    rows.POST,
)


class LeaseLost(Exception):
    """The assignment is no longer held under this token: taken by somebody else, given back, or answered."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says it was given for; true whether or not the lease still holds."""

    task_id: int
    labeler_id: int
    nonce: str


@dataclass(frozen=True, slots=True)
class Lease:
    """`assignment` has a labeler and times, as all that are leased have.

    `draft`: what the labeler has done on the post so far; None where it has not been read.
    """

    assignment: Assignment
    draft: dict[str, Any] | None = None

    @property
    def token(self) -> str:
        return _signer.sign(f"{self.assignment.task_id}.{self.assignment.labeler_id}.{self.assignment.token}")

    @property
    def expires_at(self) -> datetime:
        return cast(datetime, self.assignment.leased_until)

    @property
    def started_at(self) -> datetime:
        return cast(datetime, self.assignment.leased_at)

    @property
    def task(self) -> Task:
        return self.assignment.task

    @property
    def post(self) -> Post:
        return self.assignment.task.post

    @property
    def labeler(self) -> User:
        return cast(User, self.assignment.labeler)

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """What the labeler is shown: nothing where the project hides a share of them, to measure their influence."""
        return () if not self.post.suggested or self.task.hides_suggestions else self.post.suggestions


def next_task(project: Project, labeler: User, exclude: Collection[int] = ()) -> Lease | None:
    """What a reviewer sent back to the labeler, else their oldest live lease in this project, or else the next task
    that has an assignment for them; at the project's rate one that is decided already, to see how they do.

    `exclude`: tasks (primary keys) not wanted, as those the page holds already; a few, see `claims`. None when there is
    nothing to do, when `MOST_HELD` leases are held and all excluded, or when the project is not theirs to label.
    """
    if not may_label(project, labeler):
        return None
    mine = _MINE.rows(project.pk, labeler.pk, project.pk, labeler.pk, timezone.now())
    returned = [task for kind, task, _ in mine if kind == "returned" and task not in exclude]
    if returned:
        return _returned(project, labeler, returned[0])
    held = [(task, assignment) for kind, task, assignment in mine if kind == "held"]
    for task, assignment in held:
        if task not in exclude:
            return _lease(project, labeler, assignment)
    if len(held) >= MOST_HELD:
        return None
    rate = project.settings.gold_rate
    if rate and random.random() < rate and (asked := _question(project, labeler, exclude)):  # noqa: S311
        return asked
    claimed = _claim(project, labeler, exclude)
    if claimed is None and any(supply() for supply in supplies):
        claimed = _claim(project, labeler, exclude)
    return claimed


def renew(token: str) -> Lease:
    """Ten minutes more, also for a lease that ran out when nobody took the assignment. Raises `LeaseLost`."""
    held = _held(open_token(token))
    if not transitions.extend(held, timezone.now() + transitions.LEASE):
        raise LeaseLost("somebody else has this post now, or it was submitted")
    return Lease(held.select_related("task__post", "labeler").get())


def release(token: str) -> None:
    """Gives the post back; silent when it is not held any more."""
    transitions.release(_held(open_token(token)))


def leave(token: str) -> None:
    """The page was closed: unless a reload or a second tab renews it, the lease ends after `GRACE`."""
    soon = timezone.now() + GRACE
    transitions.extend(_held(open_token(token)).filter(leased_until__gt=soon), soon)


def open_token(token: str) -> Grant:
    """Raises `LeaseLost` for a token that was never given out."""
    try:
        task, labeler, nonce = _signer.unsign(token).split(".")
    except (BadSignature, ValueError):
        raise LeaseLost("this is no token of a lease") from None
    return Grant(int(task), int(labeler), nonce)


def _held(given: Grant) -> QuerySet[Assignment]:
    return Assignment.objects.filter(token=given.nonce, task=given.task_id, labeler=given.labeler_id)


def _claim(project: Project, labeler: User, exclude: Collection[int]) -> Lease | None:
    for values in queue.claims(project, labeler, exclude):
        for _ in range(_TRIES):
            try:
                claimed = transitions.claim(labeler, values)
            except IntegrityError:
                continue
            if claimed:
                return _lease(project, labeler, claimed)
            break
    return None


def _returned(project: Project, labeler: User, task: int) -> Lease:
    own = Assignment.objects.get(task=task, labeler=labeler)
    if own.leased_until is None or own.leased_until < timezone.now():
        transitions.lease(Assignment.objects.filter(pk=own.pk), labeler)
    return _lease(project, labeler, own.pk)


def _question(project: Project, labeler: User, exclude: Collection[int]) -> Lease | None:
    """A decided task that the labeler has nothing to do with. Each labeler meets them in an order of their own, so that
    nobody can tell another what comes."""
    decided = (
        Task.objects.filter(project=project, decided=True, withheld=False).exclude(deleted=True).exclude(pk__in=exclude)
    )
    known = Assignment.objects.filter(labeler=labeler, task=OuterRef("pk"))
    answered = Annotation.objects.filter(labeler=labeler, task=OuterRef("pk"))
    open_to = decided.filter(~Exists(known), ~Exists(answered)).select_related("post").only(*_ASKED).order_by("pk")
    ends = [task.pk for task in (decided.order_by("pk").first(), decided.order_by("-pk").first()) if task]
    if not ends:
        return None
    # Of many, a stretch that begins where it is drawn for the labeler, and then at what that stretch has last.
    start = ends[0] + int(draw("questions", labeler.labeler_id) * (ends[1] - ends[0] + 1))
    found = list(open_to.filter(pk__gte=start)[:_QUESTIONS])
    found += open_to.filter(pk__lt=start)[: _QUESTIONS - len(found)]
    if not found:
        return None
    task = min(found, key=lambda one: draw("question", labeler.labeler_id, one.post.post_id))
    asked = transitions.question(task, labeler)
    return _lease(project, labeler, asked) if asked else None


def _lease(project: Project, labeler: User, assignment_id: int) -> Lease:
    row = _LEASE.row(assignment_id)
    if row is None:
        raise LeaseLost("this post is gone")
    assignment, task, post, draft = row
    assignment.labeler = labeler
    assignment.project = task.project = post.project = project
    return Lease(assignment, json.loads(draft) if draft else {})
