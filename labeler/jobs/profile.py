"""A user's own account: plan, what its jobs take up, and leaving."""

from django.contrib import messages
from django.contrib.auth import logout
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from labeler.accounts import account_names
from labeler.accounts.access import MEMBER, MemberRequest, allow
from labeler.accounts.models import User
from labeler.billing import NotForSale
from labeler.jobs import plans, queries
from labeler.services import job_services
from pipeline.jobs import submissions
from pipeline.schema.job import FREE

MOST_KEPT = 10  # results shown with their time


@require_GET
@allow(MEMBER)
def profile(request: MemberRequest) -> HttpResponse:
    at, plan = job_services(), plans.of(request.user)
    jobs = list(queries.everything(at.jobs.table, request.user.labeler_id))
    context = {
        "here": "account",
        "plan": plan.plan,
        "changes": request.user.plan_changes.order_by("-n")[:10],
        "usage": queries.usage(jobs),
        "kept": queries.kept(jobs, MOST_KEPT) if plan.plan == FREE else [],
        "free_bytes": at.free_bytes,
        "premium_bytes": at.premium_bytes,
        "retention": int(at.jobs.retention_seconds // 60),
    }
    return render(request, "jobs/profile.html", context)


@require_POST
@allow(MEMBER)
def plan(request: MemberRequest) -> HttpResponse:
    wanted = request.POST.get("plan", "")
    if wanted not in plans.PLANS:
        messages.error(request, "There is no such plan.")
    elif plans.of(request.user).plan != wanted:
        try:
            plans.choose(request.user, wanted)
        except NotForSale as error:
            messages.error(request, str(error))
        else:
            messages.success(request, f"You are on the {wanted} plan now.")
    return redirect("jobs:profile")


@require_POST
@allow(MEMBER)
def delete(request: MemberRequest) -> HttpResponse:
    """Deletes jobs with all files, and everything that names the person. Labels stay, under an id that says nothing."""
    if not request.user.check_password(request.POST.get("password", "")):
        messages.error(request, "That is not your password; nothing was deleted.")
        return redirect("jobs:profile")
    user = request.user
    logout(request)
    forget(user)
    return redirect("login")


def forget(user: User) -> None:
    """May be run again after a crash: the account goes last. A job whose form is still good keeps its row for so long,
    without a file."""
    services = job_services().jobs
    for job in list(queries.everything(services.table, user.labeler_id)):
        submissions.delete(services, user.labeler_id, job.id)
    services.table.remove_owner(user.labeler_id)
    with transaction.atomic():
        user.plan_changes.all().delete()
        if hasattr(user, "emailaddress_set"):
            user.emailaddress_set.all().delete()
        user.groups.clear()
        user.username, user.email, user.first_name, user.last_name = _name_after(user), "", "", ""
        user.is_active = user.is_staff = user.is_superuser = False
        user.set_unusable_password()
        user.save()


def _name_after(user: User) -> str:
    """What a deleted account is called. Nobody can choose such a name now; an older account may have."""
    name = f"{account_names.LEFT}{user.labeler_id}"
    taken = set(User.objects.filter(username__startswith=name).exclude(pk=user.pk).values_list("username", flat=True))
    more = (f"{name}-{n}" for n in range(2, len(taken) + 3))
    return next(one for one in (name, *more) if one not in taken)
