"""How files come: the browser sends them straight to S3, by a script with progress, or by a plain form."""

import re

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from labeler.accounts.access import MEMBER, allow
from labeler.jobs import opening, plans
from labeler.jobs.counter import Counter, counter
from labeler.jobs.owned import own
from labeler.middleware.security_headers import STRICT
from pipeline.annotator.inputs import FORMATS
from pipeline.annotator.plugin import BadInput
from pipeline.jobs import states, submissions

SECONDS = 3600  # a form for a file is good for
KINDS = (*FORMATS, *(f"{one}.gz" for one in FORMATS))
TOO_OLD = "This page is too old: load it again."


@require_POST
@allow(MEMBER)
def open_upload(request: HttpRequest) -> JsonResponse:
    """A new job and the form that its file is sent by. 400 says which field was refused and why."""
    given = request.POST
    try:
        if not given.get("key") or not re.fullmatch("[0-9]{1,18}", given.get("size", "")):
            raise opening.PageTooOld
        if not int(given["size"]):
            raise submissions.Refused("size", "0 bytes", "1 byte or more")
        made = opening.open_job(request, given["key"], given.get("name", ""), int(given["size"]))
        at = counter()
        url, fields = submissions.form(at.office, made, at.most(plans.of(request.user).plan), SECONDS)
    except submissions.Refused as error:
        return JsonResponse({"error": str(error), "field": error.field}, status=400)
    except states.NotAllowed as error:
        return JsonResponse({"error": f"{made.file_name}: {error}.", "field": "file"}, status=409)
    except BadInput as error:
        return JsonResponse({"error": str(error), "field": "rules"}, status=400)
    except opening.PageTooOld:
        return JsonResponse({"error": TOO_OLD, "field": "page"}, status=400)
    return JsonResponse({"job": made.id, "url": url, "fields": dict(fields)})


@require_POST
@allow(MEMBER)
def begin(request: HttpRequest) -> HttpResponse:
    """The form without a script: opens the job; its file is asked for on the next page."""
    kind, name = request.POST.get("kind", ""), request.POST.get("name", "").strip()
    try:
        if kind not in KINDS:
            raise submissions.Refused("kind", kind[:20] or "none", ", ".join(KINDS))
        ends = name.lower().endswith(f".{kind}")
        made = opening.open_job(request, f"{kind}\0{name}", name if ends else f"{name or 'posts'}.{kind}", 0)
    except opening.PageTooOld:
        messages.error(request, TOO_OLD)
        return redirect("jobs:jobs")
    except (submissions.Refused, BadInput) as error:
        messages.error(request, str(error))
        return redirect("jobs:jobs")
    return redirect("jobs:upload", made.id)


@require_GET
@allow(MEMBER)
def upload(request: HttpRequest, job: str) -> HttpResponse:
    """The plain form that sends the file; S3 leads from it to `arrived`."""
    found, at, plan = own(request, job), counter(), plans.of(request.user).plan
    back = request.build_absolute_uri(reverse("jobs:arrived", args=[job]))
    try:
        url, fields = submissions.form(at.office, found, at.most(plan), SECONDS, back)
    except states.NotAllowed:  # it has come just now
        return redirect("jobs:job", job)
    context = {"here": "jobs", "job": found, "url": url, "fields": dict(fields), "most": at.most(plan), "plan": plan}
    return open_to_uploads(render(request, "jobs/upload.html", context), at)


@require_GET
@allow(MEMBER)
def arrived(request: HttpRequest, job: str) -> HttpResponse:
    """S3 sends the browser here when it has the file. What the address says is not believed: the file is looked for."""
    found = own(request, job)
    try:
        submissions.confirm(counter().office, found.user, found.id)
    except states.NotAllowed as error:
        messages.error(request, f"{found.file_name}: {error}.")
    return redirect("jobs:job", job)


def open_to_uploads(response: HttpResponse, at: Counter) -> HttpResponse:
    """This page alone may send to the jobs bucket."""
    policy = STRICT
    for what in ("connect-src", "form-action"):
        policy = policy.replace(f"{what} 'self'", f"{what} 'self' {at.uploads_to}")
    response["Content-Security-Policy"] = policy
    return response
