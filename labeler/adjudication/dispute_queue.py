"""Which dispute a reviewer gets next, the least agreed first. Held for a while, so that two seldom get the same."""

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from labeler.accounts.models import User
from labeler.adjudication.models import Comparison, Gold
from labeler.labeling.models import Project

HOLD = timedelta(minutes=10)
TRIES = 5
MOST_COUNTED = 1000


def next_dispute(project: Project, reviewer: User, after: int | None = None) -> Comparison | None:
    """`after`: a task to pass over, as the one just left undecided."""
    for _ in range(TRIES):
        found = _free(project, reviewer).exclude(task=after).order_by("exact", "id").first()
        if found is None or hold(found, reviewer):
            return found
    return None


def hold(one: Comparison, reviewer: User) -> bool:
    """False when somebody else took it a moment ago."""
    mine = _free(one.project, reviewer).filter(pk=one.pk)
    return bool(mine.update(reviewer=reviewer, held_until=timezone.now() + HOLD))


def _free(project: Project, reviewer: User) -> "QuerySet[Comparison]":
    free = Q(held_until__isnull=True) | Q(held_until__lt=timezone.now()) | Q(reviewer=reviewer)
    return Comparison.objects.filter(free, project=project, state=Comparison.State.DISPUTED)


def counted(project: Project, state: str) -> int:
    """Up to `MOST_COUNTED` + 1."""
    return int(Comparison.objects.filter(project=project, state=state)[: MOST_COUNTED + 1].count())


def decided_today(project: Project, reviewer: User) -> int:
    midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
    return int(Gold.objects.filter(project=project, by=reviewer.labeler_id, decided_at__gte=midnight).count())
