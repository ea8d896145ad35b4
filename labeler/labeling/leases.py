"""Leases: who works on which task, and until when.

A lease is a place held for ten minutes under a token that is new at each claim. The token a page gets is signed and
names the task and the labeler, so that an answer under a lease that somebody else took over can still be kept.
"""

import random
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.core.signing import BadSignature, Signer
from django.db import IntegrityError, connection, transaction
from django.db.models import Exists, Max, OuterRef, QuerySet
from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling import inbox
from labeler.labeling.membership import may_label
from labeler.labeling.models import Annotation, Place, Post, Project, SentBack, Task
from pipeline.schema import Suggestion

LEASE = timedelta(minutes=10)
GRACE = timedelta(seconds=90)  # longer than a page waits before it renews its lease
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
        found = self.post.suggestions
        return () if found and self.task.hides_suggestions else found


def next_task(project: Project, labeler: User, exclude: Collection[int] = ()) -> Lease | None:
    """What a reviewer sent back to the labeler, else their oldest live lease in this project, or else the next task
    that has a place for them; at the project's rate one that is decided already, to see how they do.

    `exclude`: tasks (primary keys) not wanted, as those the page holds already. None when there is nothing to do, when
    `MOST_HELD` leases are held and all excluded, or when the project is not theirs to label.
    """
    if not may_label(project, labeler):
        return None
    if returned := _returned(project, labeler, exclude):
        return returned
    held = list(_live(labeler, project).order_by("leased_at", "id").values_list("pk", "task"))
    for place, task in held:
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
    if not held.exclude(state=Place.State.ANSWERED).update(labeler=None, **gone):
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
    return {"labeler": labeler, "token": secrets.token_hex(12), "leased_at": now, "leased_until": now + LEASE}


def _live(labeler: User, project: Project) -> QuerySet[Place]:
    return Place.objects.filter(
        labeler=labeler, project=project, token__isnull=False, leased_until__gt=timezone.now()
    ).exclude(state=Place.State.ANSWERED)


def _held(given: Grant) -> QuerySet[Place]:
    return Place.objects.filter(token=given.nonce, task=given.task_id, labeler=given.labeler_id)


def waiting(project: Project, labeler: User, most: int) -> int:
    """How many places of a project this labeler could take now, counted up to `most`."""
    sql = f"SELECT COUNT(*) FROM (SELECT 1 FROM {_FREE} LIMIT %s) AS found"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(sql, [*_free_values(project, labeler), most])
        return int(cursor.fetchone()[0])


# In SQL, since building it anew for each request took longer than running it. A place is free when nobody holds it, the
# labeler holds no other place of its task, and has not answered that before.
_FREE = """labeling_place AS p
    WHERE p.project_id = %s AND p.state = 'open' AND (p.leased_until IS NULL OR p.leased_until < %s)
    AND (p.kept_for_id IS NULL OR p.kept_for_id = %s)
    AND NOT EXISTS (SELECT 1 FROM labeling_annotation AS a
        WHERE a.task_id = p.task_id AND a.labeler_id = %s AND a.current AND a.kind <> 'withdrawn')
    AND NOT EXISTS (SELECT 1 FROM labeling_place AS o
        WHERE o.task_id = p.task_id AND o.labeler_id = %s AND o.id <> p.id)"""


def _free_values(project: Project, labeler: User) -> list[object]:
    return [project.pk, _now(), labeler.pk, labeler.pk, labeler.pk]


def _now() -> object:
    return connection.ops.adapt_datetimefield_value(timezone.now())


def _claim(project: Project, labeler: User, exclude: Collection[int]) -> Lease | None:
    unwanted = f"AND p.task_id NOT IN ({', '.join(['%s'] * len(exclude))})" if exclude else ""
    # One statement chooses and takes; a place that another claim has locked is passed over.
    lock = "FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    sql = f"""UPDATE labeling_place SET labeler_id = %s, token = %s, leased_at = %s, leased_until = %s WHERE id = (
        SELECT p.id FROM {_FREE} {unwanted} ORDER BY p.rank, p.id LIMIT 1 {lock}) RETURNING id"""  # noqa: S608
    for _ in range(CLAIM_TRIES):
        held = grant(labeler)
        times = [connection.ops.adapt_datetimefield_value(held[name]) for name in ("leased_at", "leased_until")]
        values = [labeler.pk, held["token"], *times, *_free_values(project, labeler), *exclude]
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql, values)
                claimed = cursor.fetchone()
        except IntegrityError:  # the same labeler took another place of this task a moment ago
            continue
        return _lease(project, labeler, claimed[0]) if claimed else None
    return None


def _returned(project: Project, labeler: User, exclude: Collection[int]) -> Lease | None:
    sent = SentBack.objects.filter(project=project, labeler=labeler, answer__isnull=True).exclude(task__in=exclude)
    sent = sent.exclude(task__state=Task.State.DELETED)
    task = sent.order_by("id").values_list("task", flat=True).first()
    if task is None:
        return None
    place = Place.objects.get(task=task, labeler=labeler)
    if place.token is None or place.leased_until < timezone.now():
        Place.objects.filter(pk=place.pk).update(**grant(labeler))
    return _lease(project, labeler, place.pk)


def _question(project: Project, labeler: User, exclude: Collection[int]) -> Lease | None:
    """A place of their own, beyond the task's redundancy, on a decided task they have nothing to do with."""
    decided = Task.objects.filter(project=project, gold__current=True).exclude(pk__in=exclude)
    decided = decided.exclude(state=Task.State.DELETED)
    known = Place.objects.filter(labeler=labeler, task=OuterRef("pk"))
    answered = Annotation.objects.filter(labeler=labeler, task=OuterRef("pk"))
    task = decided.filter(~Exists(known), ~Exists(answered)).order_by("rank", "pk").first()
    if task is None:
        return None
    number = (Place.objects.filter(task=task).aggregate(most=Max("number"))["most"] or 0) + 1
    try:
        with transaction.atomic():
            place = Place.objects.create(
                task=task, project=project, number=number, rank=task.rank, kept_for=labeler, **grant(labeler)
            )
    except IntegrityError:  # somebody else is being asked it at this moment
        return None
    return _lease(project, labeler, place.pk)


def _lease(project: Project, labeler: User, place_id: int) -> Lease:
    place = Place.objects.select_related("task__post").get(pk=place_id)
    # Known already: no need to ask the database again.
    place.labeler = labeler
    place.project = place.task.project = place.task.post.project = project
    return Lease(place)
