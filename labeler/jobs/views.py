"""Pages of annotation jobs. Each sees their own alone: another user's job is not there."""

from dataclasses import replace
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST, require_safe

from labeler.accounts.access import MEMBER, MemberRequest, allow
from labeler.jobs import annotators, plans, queries, transfers, uploads
from labeler.jobs.models import Transfer
from labeler.jobs.presenters import PILLS
from labeler.jobs.queries import own, shown
from labeler.labeling.models import Project
from labeler.services import job_services
from pipeline.jobs import states, submissions
from pipeline.jobs.retention import retire
from pipeline.jobs.transitions import move
from pipeline.ports import ObjectMissing
from pipeline.schema import timestamp
from pipeline.schema.job import ARCHIVED, COMPLETED, DELETING, FREE, Job

LINK_SECONDS = 300  # a link to download


@require_safe
@allow(MEMBER)
def jobs(request: MemberRequest) -> HttpResponseBase:
    """The list, and the form."""
    at, plan = job_services(), plans.of(request.user)
    state, words = request.GET.get("state", ""), request.GET.get("q", "")
    page = queries.page(at.jobs.table, request.user.labeler_id, request.GET.get("before", ""), state, words)
    context = {
        "here": "jobs",
        "rows": [shown(job, at, plan.plan) for job in page.jobs],
        "older": page.older,
        "state": state,
        "words": words,
        "filtered": bool(state or words or request.GET.get("before")),
        "states": [(name, pill) for name, (pill, _) in PILLS.items() if name != DELETING],
        "choices": annotators.choices(request.user),
        "kinds": uploads.KINDS,
        "most_rules": uploads.MOST_RULE_BYTES,
        "plan": plan.plan,
        "most": at.most(plan.plan),
        "premium_bytes": at.premium_bytes,
        "retention": int(at.jobs.retention_seconds // 60),
        "page": uploads.page_token(at),
    }
    return uploads.render_for_upload(request, "jobs/jobs.html", context, at)


@require_GET
@allow(MEMBER)
def job(request: MemberRequest, job: str) -> HttpResponse:
    at = job_services()
    found = own(request, job)
    context = {
        "here": "jobs",
        "row": shown(found, at, plans.of(request.user).plan),
        "job": found,
        "local": not settings.ON_AWS,
        "transfers": Transfer.objects.filter(user=request.user, job=job).select_related("project").order_by("id"),
        "projects": Project.objects.order_by("name") if "reviewer" in request.user.roles else [],
    }
    return render(request, "jobs/job.html", context)


@require_POST
@allow(MEMBER)
def confirm(request: MemberRequest, job: str) -> HttpResponse:
    """The file has been sent."""
    return _move(request, job, submissions.confirm, begins=True)


@require_POST
@allow(MEMBER)
def cancel(request: MemberRequest, job: str) -> HttpResponse:
    return _move(request, job, submissions.cancel)


@require_POST
@allow(MEMBER)
def retry(request: MemberRequest, job: str) -> HttpResponse:
    return _move(request, job, submissions.retry, begins=True)


@require_POST
@allow(MEMBER)
def delete(request: MemberRequest, job: str) -> HttpResponse:
    found = own(request, job)
    submissions.delete(job_services().jobs, found.user, found.id)
    messages.success(request, f"{found.file_name} is deleted, with its results.")
    return redirect("jobs:jobs")


@require_POST
@allow("reviewer")
def send(request: MemberRequest, job: str) -> HttpResponse:
    """Puts a finished job's posts into a project, to be labelled with its spans as suggestions."""
    found = own(request, job)
    project = get_object_or_404(Project, slug=request.POST.get("project", ""))
    if found.state != COMPLETED:
        messages.error(request, "Only a completed job has posts to send.")
    else:
        transfers.begin(request.user, found, project)
        messages.success(request, f"The posts of {found.file_name} are on their way to {project.name}.")
    return redirect("jobs:job", found.id)


@require_GET
@allow(MEMBER)
def download(request: MemberRequest, job: str, what: str) -> HttpResponse:
    """Sends on to the file, by a link that is made anew for each click and soon over."""
    found = own(request, job)
    row = shown(found, job_services(), FREE)
    stem = found.file_name.removesuffix(f".{found.format}")
    ready, key, name = {
        "result": (row.downloadable, found.bundle_key, f"{stem}.zip"),
        "log": (row.has_log, found.log_key, f"{stem}.log.txt"),
        "input": (bool(found.etag), found.input_key, found.file_name),
        "rules": (bool(row.own_file), row.own_file, f"{stem}.rules.{row.own_file.rsplit('.', 1)[-1]}"),
    }[what]
    if not ready or not is_there(key):
        messages.error(request, f"{found.file_name} has no {what} to download now.")
        return redirect("jobs:job", found.id)
    return HttpResponseRedirect(job_services().jobs.files.link(key, name, LINK_SECONDS))


def is_there(key: str) -> bool:
    """A job that failed before its annotator began has no log: a link to it would end on S3's own error page."""
    try:
        job_services().jobs.files.head(key)
    except ObjectMissing:
        return False
    return True


def _move(request: MemberRequest, job: str, step: Any, begins: bool = False) -> HttpResponse:
    """`begins`: the job will be worked on, so what it names is checked once more."""
    found = own(request, job)
    try:
        if begins:
            annotators.check(request.user, found)
        step(job_services().jobs, found.user, found.id)
    except states.NotAllowed as error:
        if not request.accepts("text/html"):
            return JsonResponse({"error": str(error)}, status=409)
        messages.error(request, f"{found.file_name}: that cannot be done now ({error}).")
    if not request.accepts("text/html"):
        return JsonResponse({"job": found.id})
    return redirect("jobs:job", found.id)


@require_POST
@allow(MEMBER)
def archive_now(request: MemberRequest, job: str) -> HttpResponse:
    """What the one-time schedule does when the result's time is over."""
    if settings.ON_AWS:
        raise Http404
    found, services = own(request, job), job_services().jobs

    def over(old: Job) -> Job:
        return replace(old, keep_until=timestamp(services.now())) if old.state == COMPLETED and old.keep_until else old

    move(services.table, found.user, found.id, over)
    after = retire(services, found.user, found.id)
    if after is not None and after.state == ARCHIVED:
        messages.success(request, f"{found.file_name} is in the archive, as if its time were over.")
    else:
        messages.error(request, f"{found.file_name} is not due for the archive: only results of the free plan are.")
    return redirect("jobs:job", job)
