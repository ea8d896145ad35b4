"""Pages of annotation jobs. Each sees their own alone: another user's job is not there."""

from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

import orjson
from django.contrib import messages
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeler.accounts.access import MEMBER, allow
from labeler.jobs import choices, handover, listing, plans
from labeler.jobs.counter import Counter, counter
from labeler.jobs.models import Handover
from labeler.jobs.shown import PILLS, Shown
from labeler.labeling.models import Project
from labeler.security import STRICT
from pipeline.jobs import desk, states
from pipeline.jobs.job import COMPLETED, FREE, Job

UPLOAD_SECONDS = 3600  # a form for a file is good for
LINK_SECONDS = 300  # a link to download
PAGE_SECONDS = 24 * 3600  # a page can submit for, before it must be loaded again
MOST_RELAYED = 4_000_000  # bytes of a file sent through the application, where there is no script to send it to S3
SALT = "jobs"


@require_http_methods(["GET", "HEAD", "POST"])
@allow(MEMBER)
def jobs(request: HttpRequest) -> HttpResponse:
    """The list, and the form; a POST is the form sent without a script."""
    if request.method == "POST":
        return _plain(request)
    at, plan = counter(), plans.of(request.user)
    state, words = request.GET.get("state", ""), request.GET.get("q", "")
    page = listing.page(at.office.table, request.user.labeler_id, request.GET.get("before", ""), state, words)
    context = {
        "here": "jobs",
        "rows": [_shown(job, at, plan.plan) for job in page.jobs],
        "older": page.older,
        "state": state,
        "words": words,
        "filtered": bool(state or words or request.GET.get("before")),
        "states": [(name, pill) for name, (pill, _) in PILLS.items()],
        "choices": choices.choices(request.user),
        "plan": plan.plan,
        "most": at.most(plan.plan),
        "premium_bytes": at.premium_bytes,
        "retention": int(at.office.retention_seconds // 60),
        "page": _page_token(at),
    }
    return _open_to_uploads(render(request, "jobs/jobs.html", context), at)


@require_GET
@allow(MEMBER)
def job(request: HttpRequest, job: str) -> HttpResponse:
    at = counter()
    shown = _shown(_own(request, job), at, plans.of(request.user).plan)
    context = {
        "here": "jobs",
        "row": shown,
        "job": shown.job,
        "handovers": Handover.objects.filter(user=request.user, job=job).select_related("project").order_by("id"),
        "projects": Project.objects.order_by("name") if "reviewer" in request.user.roles else [],
    }
    return render(request, "jobs/job.html", context)


@require_POST
@allow(MEMBER)
def open_upload(request: HttpRequest) -> JsonResponse:
    """A new job and the form that its file is sent by. 400 says which field was refused and why."""
    try:
        given = orjson.loads(request.body)
        asked_at, _ = _page(str(given["page"]))
        made = _open(
            request, asked_at, str(given["key"]), str(given["annotator"]), str(given["name"]), int(given["size"])
        )
    except desk.Refused as error:
        return JsonResponse({"error": str(error), "field": error.field}, status=400)
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError, signing.BadSignature):
        return JsonResponse({"error": "This page is too old: load it again.", "field": "page"}, status=400)
    at = counter()
    url, fields = at.office.files.post_form(made.input_key, at.most(plans.of(request.user).plan), UPLOAD_SECONDS)
    return JsonResponse({"job": made.id, "url": url, "fields": dict(fields)})


@require_POST
@allow(MEMBER)
def confirm(request: HttpRequest, job: str) -> HttpResponse:
    """The file has been sent."""
    return _move(request, job, desk.confirm)


@require_POST
@allow(MEMBER)
def cancel(request: HttpRequest, job: str) -> HttpResponse:
    return _move(request, job, desk.cancel)


@require_POST
@allow(MEMBER)
def retry(request: HttpRequest, job: str) -> HttpResponse:
    return _move(request, job, desk.retry)


@require_POST
@allow(MEMBER)
def delete(request: HttpRequest, job: str) -> HttpResponse:
    found = _own(request, job)
    desk.delete(counter().office, found.user, found.id)
    messages.success(request, f"{found.file_name} is deleted, with its results.")
    return redirect("jobs:jobs")


@require_POST
@allow("reviewer")
def send(request: HttpRequest, job: str) -> HttpResponse:
    """Puts a finished job's posts into a project, to be labelled with its spans as suggestions."""
    found = _own(request, job)
    project = get_object_or_404(Project, slug=request.POST.get("project", ""))
    if found.state != COMPLETED:
        messages.error(request, "Only a completed job has posts to send.")
    else:
        handover.begin(request.user, found, project)
        messages.success(request, f"The posts of {found.file_name} are on their way to {project.name}.")
    return redirect("jobs:job", found.id)


@require_GET
@allow(MEMBER)
def download(request: HttpRequest, job: str, what: str) -> HttpResponse:
    """Sends on to the file, by a link that is made anew for each click and soon over."""
    found = _own(request, job)
    shown = _shown(found, counter(), FREE)
    stem = found.file_name.removesuffix(f".{found.format}")
    ready, key, name = {
        "result": (shown.downloadable, found.bundle_key, f"{stem}.zip"),
        "log": (shown.has_log, found.log_key, f"{stem}.log.txt"),
        "input": (bool(found.etag), found.input_key, found.file_name),
    }[what]
    if not ready:
        messages.error(request, f"{found.file_name} has no {what} to download now.")
        return redirect("jobs:job", found.id)
    return HttpResponseRedirect(counter().office.files.link(key, name, LINK_SECONDS))


def _plain(request: HttpRequest) -> HttpResponse:
    """The form without a script: the file comes through here, so it must be small."""
    file = request.FILES.get("file")
    try:
        asked_at, key = _page(request.POST.get("page", ""))
        if not isinstance(file, UploadedFile):
            raise desk.Refused("file", "none", "a file")
        if (file.size or 0) > MOST_RELAYED:
            raise desk.Refused("file", f"{file.size:,} bytes", f"{MOST_RELAYED:,} bytes without JavaScript")
        made = _open(
            request, asked_at, f"{key}{file.name}", request.POST.get("annotator", ""), file.name or "", file.size or 0
        )
        _relay(file, made)
        desk.confirm(counter().office, made.user, made.id)
    except signing.BadSignature:
        messages.error(request, "That page was too old. Choose the file again.")
    except (desk.Refused, states.NotAllowed) as error:
        messages.error(request, str(error))
    else:
        return redirect("jobs:job", made.id)
    return redirect("jobs:jobs")


def _relay(file: UploadedFile, made: Job) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "input"
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        counter().office.files.upload(path, made.input_key, "application/octet-stream")


def _open(request: HttpRequest, asked_at: datetime, key: str, choice: str, name: str, size: int) -> Job:
    try:
        annotator, options = choices.read(request.user, choice)
    except LookupError as error:
        raise desk.Refused("annotator", choice[:80], "one of those offered") from error
    at = counter()
    return desk.open_job(
        at.office,
        request.user.labeler_id,
        asked_at,
        key,
        file_name=name,
        size=size,
        most=at.most(plans.of(request.user).plan),
        annotator=annotator,
        options=options,
        trace_id=uuid4().hex,
    )


def _move(request: HttpRequest, job: str, step: Any) -> HttpResponse:
    found = _own(request, job)
    try:
        step(counter().office, found.user, found.id)
    except states.NotAllowed as error:
        if not request.accepts("text/html"):
            return JsonResponse({"error": str(error)}, status=409)
        messages.error(request, f"{found.file_name}: that cannot be done now ({error}).")
    if not request.accepts("text/html"):
        return JsonResponse({"job": found.id})
    return redirect("jobs:job", found.id)


def _own(request: HttpRequest, job: str) -> Job:
    found = counter().office.table.get(request.user.labeler_id, job)
    if found is None:
        raise Http404("no such job")
    return found


def _shown(job: Job, at: Counter, plan: str) -> Shown:
    return Shown(job, at.office.now(), plan == FREE)


def _page_token(at: Counter) -> str:
    """Signed, so that a page cannot choose when its jobs seem to have been submitted."""
    return signing.dumps([at.office.now().isoformat(), uuid4().hex], salt=SALT)


def _page(token: str) -> tuple[datetime, str]:
    """When the page was made, and its own key. Raises `BadSignature`."""
    asked_at, key = signing.loads(token, salt=SALT, max_age=PAGE_SECONDS)
    return datetime.fromisoformat(asked_at), key


def _open_to_uploads(response: HttpResponse, at: Counter) -> HttpResponse:
    """This page alone may send to the jobs bucket."""
    response["Content-Security-Policy"] = STRICT.replace("connect-src 'self'", f"connect-src 'self' {at.uploads_to}")
    return response
