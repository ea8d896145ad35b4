"""Leases: who works on which task, and until when.

A lease is a place held for ten minutes under a token that is new at each claim. The token a page gets is signed and
names the task and the labeler, so that an answer under a lease that somebody else took over can still be kept.
"""

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery
from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling import inbox
from labeler.labeling.models import Annotation, Place, Post, Project, Task
from pipeline.schema import Suggestion

LEASE = timedelta(minutes=10)
MOST_HELD = 2  # the post on screen, and the one fetched ahead
CLAIM_TRIES = 3

_signer = Signer(salt="labeler.lease")


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
    place: Place

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
        return () if self.task.hides_suggestions else self.post.suggestions


def next_task(project: Project, labeler: User, exclude: Collection[int] = ()) -> Lease | None:
    """The labeler's oldest live lease in this project, or else the next task that has a place for them.

    `exclude`: tasks (primary keys) not wanted, as those the page holds already. None when there is nothing to do, or
    when `MOST_HELD` leases are held and all excluded.
    """
    held = list(_live(labeler, project).select_related("task").order_by("leased_at", "id"))
    for place in held:
        if place.task_id not in exclude:
            return Lease(place)
    if len(held) >= MOST_HELD:
        return None
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
    _held(open_token(token)).update(labeler=None, token=None, leased_at=None, leased_until=None)


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
    return {"labeler": labeler, "token": secrets.token_hex(12), "leased_at": now, "leased_until": now + LEASE}


def _live(labeler: User, project: Project) -> QuerySet[Place]:
    return Place.objects.filter(
        labeler=labeler, project=project, token__isnull=False, leased_until__gt=timezone.now()
    ).exclude(state=Place.State.ANSWERED)


def _held(given: Grant) -> QuerySet[Place]:
    return Place.objects.filter(token=given.nonce, task=given.task_id, labeler=given.labeler_id)


def free(project: Project, labeler: User) -> QuerySet[Place]:
    """Places of a project that this labeler may take now, in the order of work."""
    own_answer = Annotation.objects.filter(task=OuterRef("task"), labeler=labeler, current=True).exclude(
        kind=Annotation.Kind.WITHDRAWN
    )
    own_place = Place.objects.filter(task=OuterRef("task"), labeler=labeler).exclude(pk=OuterRef("pk"))
    return (
        Place.objects.filter(
            Q(leased_until__isnull=True) | Q(leased_until__lt=timezone.now()), project=project, state=Place.State.OPEN
        )
        .filter(~Exists(own_answer), ~Exists(own_place))
        .order_by("rank", "id")
    )


def _claim(project: Project, labeler: User, exclude: Collection[int]) -> Lease | None:
    for _ in range(CLAIM_TRIES):
        columns = grant(labeler)
        candidates = free(project, labeler).exclude(task__in=exclude).select_for_update(skip_locked=True)
        try:
            with transaction.atomic():
                # One statement chooses and takes; a place locked by another claim is passed over.
                claimed = Place.objects.filter(pk=Subquery(candidates.values("pk")[:1])).update(**columns)
        except IntegrityError:  # the same labeler took another place of this task a moment ago
            continue
        if not claimed:
            return None
        return Lease(Place.objects.select_related("task__post").get(token=columns["token"]))
    return None
