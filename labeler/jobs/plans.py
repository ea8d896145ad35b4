"""Plans of users. A change is written here first, and told to the jobs' side until that is confirmed."""

import threading
from collections import Counter as Counts

from django.db import transaction
from django.utils import timezone

from labeler.accounts.models import User
from labeler.jobs.models import PlanChange
from labeler.services import job_services
from pipeline.jobs.services import publish
from pipeline.ports import StoreUnavailable
from pipeline.schema.job import FREE, PLAN_CHANGED, PREMIUM, JobMessage, Owner

PLANS = (FREE, PREMIUM)


def of(user: User) -> PlanChange:
    """The plan in force. An account that has none yet, or whose address has changed, gets a row that says so."""
    newest = user.plan_changes.order_by("-n").first()
    if newest is None or newest.email != user.email:
        newest = change(user, None, by="system")
    return newest


def change(user: User, plan: str | None, by: str) -> PlanChange:
    """Records a plan (None: the one in force) and the address, and tells them; where it fails, the worker does."""
    if plan not in (None, *PLANS):
        raise ValueError(f"plan: given {plan!r}, allowed: {', '.join(PLANS)}")
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)  # one change of a user at a time
        last = PlanChange.objects.filter(user=user).order_by("-n").first()
        n, plan = (last.n + 1, plan or last.plan) if last else (1, plan or FREE)
        made = PlanChange.objects.create(user=user, n=n, plan=plan, email=user.email, by=by)
    _tell(made)
    return made


def choose(user: User, plan: str) -> PlanChange:
    """A user's own choice. Raises `billing.NotForSale`."""
    job_services().billing.agree(user, plan)
    return change(user, plan, by=user.get_username())


def tell_all(stopping: threading.Event) -> "Counts[str]":
    """The worker's part: what has not been told yet, oldest first."""
    done = Counts[str]()
    for made in PlanChange.objects.filter(told_at=None).select_related("user").order_by("id").iterator():
        if stopping.is_set():
            break
        done["plans told"] += _tell(made)
    return done


def _tell(made: PlanChange) -> bool:
    """An older change told late does not undo a newer one: the copy keeps the greatest `n`."""
    user = made.user.labeler_id
    try:
        job_services().jobs.table.put_owner(Owner(user, made.n, made.plan, made.email))
        told = publish(job_services().plans, JobMessage(PLAN_CHANGED, user), "")
    except StoreUnavailable:
        return False
    if told:
        PlanChange.objects.filter(pk=made.pk).update(told_at=timezone.now())
    return told
