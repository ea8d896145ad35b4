"""Leases: who works on which task, and until when.

A lease is a place held for ten minutes under a token that is new at each claim. The token a page gets is signed and
names the task and the labeler, so that an answer under a lease that somebody else took over can still be kept.
"""

import json
import random
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling.intake import inbox
from labeler.labeling.models import Annotation, Assignment, Post, Project, Task
from labeler.labeling.tasks import queue, rows
from labeler.labeling.tasks.membership import may_label
from labeler.sql import Columns, Statement
from pipeline.schema import Suggestion

LEASE = timedelta(minutes=10)
GRACE = timedelta(seconds=90)  # longer than a page waits before it renews its lease
MOST_HELD = 2  # the post on screen, and the one fetched ahead

_signer = Signer(salt="labeler.lease")

# What a reviewer sent back, oldest first, then the live leases, oldest first: kind, task, place.
_MINE = Statement(
    """SELECT kind, task, place FROM (
        SELECT 'returned' AS kind, s.task_id AS task, 0 AS place, 0 AS turn, s.id AS number, NULL AS since
            FROM labeling_sentback AS s JOIN labeling_task AS t ON t.id = s.task_id
            WHERE s.project_id = %s AND s.labeler_id = %s AND s.answer_id IS NULL AND t.state <> 'deleted'
        UNION ALL SELECT 'held', p.task_id, p.id, 1, p.id, p.leased_at FROM labeling_assignment AS p
            WHERE p.project_id = %s AND p.labeler_id = %s AND p.token IS NOT NULL AND p.leased_until > %s
            AND p.state <> 'answered'
    ) AS mine ORDER BY turn, since, number"""
)
_PLACE = Columns(Assignment, "place")
_LEASE = Statement(
    f"""SELECT {_PLACE.sql}, draft.state, {rows.TASK} FROM labeling_assignment AS place
    JOIN labeling_task AS task ON task.id = place.task_id JOIN labeling_post AS post ON post.id = task.post_id
    LEFT JOIN labeling_draft AS draft ON draft.task_id = task.id AND draft.labeler_id = place.labeler_id
    WHERE place.id = %s"""  # noqa: S608
)


class LeaseLost(Exception):
    """The place is no longer held under this token: taken by somebody else, given back, or answered."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token says it was given for; true whether or not the lease still holds."""

    task_id: int
    labeler_id: int
    nonce: str


@dataclass(frozen=True, slots=True)
class Lease:
    """`draft`: what the labeler has done on the post so far; None where it has not been read."""

    place: Assignment
    draft: dict[str, Any] | None = None

    @property
    def token(self) -> str:
        return _signer.sign(f"{self.place.task_id}.{self.place.labeler_id}.{self.place.token}")

    @property
    def expires_at(self) -> datetime:
        return self.place.leased_until

    @property
    def started_at(self) -> datetime:
        return self.place.leased_at

    @property
    def task(self) -> Task:
        return self.place.task

    @property
    def post(self) -> Post:
        return self.place.task.post

    @property
    def labeler(self) -> User:
        return self.place.labeler

    @property
    def stale(self) -> bool:
        """A newer text of this posting has come meanwhile."""
        return self.place.task.state == Task.State.STALE

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """What the labeler is shown: nothing where the project hides a share of them, to measure their influence."""
        found = self.post.suggestions
        return () if found and self.task.hides_suggestions else found


def next_task(project: Project, labeler: User, exclude: Collection[int] = ()) -> Lease | None:
    """What a reviewer sent back to the labeler, else their oldest live lease in this project, or else the next task
    that has a place for them; at the project's rate one that is decided already, to see how they do.

    `exclude`: tasks (primary keys) not wanted, as those the page holds already; a few, see `claims`. None when there is
    nothing to do, when `MOST_HELD` leases are held and all excluded, or when the project is not theirs to label.
    """
    if not may_label(project, labeler):
        return None
    mine = _MINE.rows(project.pk, labeler.pk, project.pk, labeler.pk, timezone.now())
    returned = [task for kind, task, _ in mine if kind == "returned" and task not in exclude]
    if returned:
        return _returned(project, labeler, returned[0])
    held = [(task, place) for kind, task, place in mine if kind == "held"]
    for task, place in held:
        if task not in exclude:
            return _lease(project, labeler, place)
    if len(held) >= MOST_HELD:
        return None
    rate = project.settings.gold_rate
    if rate and random.random() < rate and (asked := _question(project, labeler, exclude)):  # noqa: S311
        return asked
    claimed = _claim(project, labeler, exclude)
    if claimed is None and inbox.top_up():
        claimed = _claim(project, labeler, exclude)
    return claimed


def renew(token: str) -> Lease:
    """Ten minutes more, also for a lease that ran out when nobody took the place. Raises `LeaseLost`."""
    held = _held(open_token(token))
    if not held.update(leased_until=timezone.now() + LEASE):
        raise LeaseLost("somebody else has this post now, or it was submitted")
    return Lease(held.select_related("task__post", "labeler").get())


def release(token: str) -> None:
    """Gives the place back; silent when it is not held any more."""
    held, gone = _held(open_token(token)), {"token": None, "leased_at": None, "leased_until": None}
    # One that was sent back stays its labeler's.
    if not held.exclude(state=Assignment.State.ANSWERED).update(labeler=None, **gone):
        held.update(**gone)


def leave(token: str) -> None:
    """The page was closed: unless a reload or a second tab renews it, the lease ends after `GRACE`."""
    soon = timezone.now() + GRACE
    _held(open_token(token)).filter(leased_until__gt=soon).update(leased_until=soon)


def open_token(token: str) -> Grant:
    """Raises `LeaseLost` for a token that was never given out."""
    try:
        task, labeler, nonce = _signer.unsign(token).split(".")
    except (BadSignature, ValueError):
        raise LeaseLost("this is no token of a lease") from None
    return Grant(int(task), int(labeler), nonce)


def grant(labeler: User) -> dict[str, object]:
    """The columns of a place that make it held by `labeler` from now."""
    now = timezone.now()
    return {"labeler_id": labeler.pk, "token": secrets.token_hex(12), "leased_at": now, "leased_until": now + LEASE}


def _held(given: Grant) -> QuerySet[Assignment]:
    return Assignment.objects.filter(token=given.nonce, task=given.task_id, labeler=given.labeler_id)


def _claim(project: Project, labeler: User, exclude: Collection[int]) -> Lease | None:
    claimed = queue.claim(project, labeler, exclude, grant(labeler))
    return _lease(project, labeler, claimed) if claimed else None


def _returned(project: Project, labeler: User, task: int) -> Lease:
    place = Assignment.objects.get(task=task, labeler=labeler)
    if place.token is None or place.leased_until < timezone.now():
        Assignment.objects.filter(pk=place.pk).update(**grant(labeler))
    return _lease(project, labeler, place.pk)


def _question(project: Project, labeler: User, exclude: Collection[int]) -> Lease | None:
    """A place of their own, beyond the task's redundancy, on a decided task they have nothing to do with."""
    decided = Task.objects.filter(project=project, gold__current=True).exclude(pk__in=exclude)
    decided = decided.exclude(state=Task.State.DELETED)
    known = Assignment.objects.filter(labeler=labeler, task=OuterRef("pk"))
    answered = Annotation.objects.filter(labeler=labeler, task=OuterRef("pk"))
    task = decided.filter(~Exists(known), ~Exists(answered)).order_by("rank", "pk").first()
    if task is None:
        return None
    number = (Assignment.objects.filter(task=task).aggregate(most=Max("number"))["most"] or 0) + 1
    try:
        with transaction.atomic():
            place = Assignment.objects.create(
                task=task, project=project, number=number, rank=task.rank, kept_for=labeler, **grant(labeler)
            )
    except IntegrityError:  # somebody else is being asked it at this moment
        return None
    return _lease(project, labeler, place.pk)


def _lease(project: Project, labeler: User, place_id: int) -> Lease:
    row = _LEASE.row(place_id)
    if row is None:
        raise LeaseLost("this post is gone")
    own, draft, task = row[: len(_PLACE)], row[len(_PLACE)], row[len(_PLACE) + 1 :]
    place = _PLACE.made(own)
    place.labeler, place.project, place.task = labeler, project, rows.task(task, project)
    return Lease(place, json.loads(draft) if draft else {})
