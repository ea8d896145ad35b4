"""How files come: a form opens a job, with rules beside it; the browser sends the file straight to S3."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import uuid4

from csp.decorators import csp_update
from django.contrib import messages
from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from labeler.accounts.access import MEMBER, MemberRequest, allow
from labeler.jobs import annotators, plans
from labeler.jobs.queries import own
from labeler.numbers import read_number
from labeler.services import JobServices, job_services
from pipeline.annotator import rules as rule_files
from pipeline.annotator.inputs import FORMATS
from pipeline.annotator.plugin import BadInput
from pipeline.jobs import states, submissions
from pipeline.jobs.submissions import Refused
from pipeline.schema.job import UPLOADING, Job

SECONDS = 3600  # a form for a file is good for
KINDS = (*FORMATS, *(f"{one}.gz" for one in FORMATS))
TOO_OLD = "This page is too old: load it again."
PAGE_SECONDS = 24 * 3600  # a page can submit for, before it must be loaded again
SALT = "jobs"
MOST_RULE_BYTES = 4_000_000  # it comes through the application, whose answers and questions on AWS hold 6 MB
RULE_FORMATS = ("txt", "csv", "jsonl")  # not packed: what it unpacks to would be read while the page waits


@require_POST
@allow(MEMBER)
def open_upload(request: MemberRequest) -> JsonResponse:
    """A new job and the form that its file is sent by. 400 says which field was refused and why."""
    given = request.POST
    try:
        size = read_number(given.get("size", ""))
        if not given.get("key") or size is None:
            raise PageTooOld
        if not size:
            raise submissions.Refused("size", "0 bytes", "1 byte or more")
        made = open_job(request, given["key"], given.get("name", ""), size)
        at = job_services()
        url, fields = submissions.form(at.jobs, made, at.most(plans.of(request.user).plan), SECONDS)
    except submissions.Refused as error:
        return JsonResponse({"error": str(error), "field": error.field}, status=400)
    except states.NotAllowed as error:
        return JsonResponse({"error": f"{made.file_name}: {error}.", "field": "file"}, status=409)
    except BadInput as error:
        return JsonResponse({"error": str(error), "field": "rules"}, status=400)
    except PageTooOld:
        return JsonResponse({"error": TOO_OLD, "field": "page"}, status=400)
    return JsonResponse({"job": made.id, "url": url, "fields": dict(fields)})


@require_POST
@allow(MEMBER)
def begin(request: MemberRequest) -> HttpResponse:
    """The form without a script: opens the job; its file is asked for on the next page."""
    kind, name = request.POST.get("kind", ""), request.POST.get("name", "").strip()
    try:
        if kind not in KINDS:
            raise submissions.Refused("kind", kind[:20] or "none", ", ".join(KINDS))
        ends = name.lower().endswith(f".{kind}")
        made = open_job(request, f"{kind}\0{name}", name if ends else f"{name or 'posts'}.{kind}", 0)
    except PageTooOld:
        messages.error(request, TOO_OLD)
        return redirect("jobs:jobs")
    except (submissions.Refused, BadInput) as error:
        messages.error(request, str(error))
        return redirect("jobs:jobs")
    return redirect("jobs:upload", made.id)


@require_GET
@allow(MEMBER)
def upload(request: MemberRequest, job: str) -> HttpResponseBase:
    """The plain form that sends the file; S3 leads from it to `arrived`."""
    found, at, plan = own(request, job), job_services(), plans.of(request.user).plan
    back = request.build_absolute_uri(reverse("jobs:arrived", args=[job]))
    try:
        url, fields = submissions.form(at.jobs, found, at.most(plan), SECONDS, back)
    except states.NotAllowed:  # it has come just now
        return redirect("jobs:job", job)
    context = {"here": "jobs", "job": found, "url": url, "fields": dict(fields), "most": at.most(plan), "plan": plan}
    return render_for_upload(request, "jobs/upload.html", context, at)


@require_GET
@allow(MEMBER)
def arrived(request: MemberRequest, job: str) -> HttpResponse:
    """S3 sends the browser here when it has the file. What the address says is not believed: the file is looked for."""
    found = own(request, job)
    try:
        annotators.check(request.user, found)
        submissions.confirm(job_services().jobs, found.user, found.id)
    except states.NotAllowed as error:
        messages.error(request, f"{found.file_name}: {error}.")
    return redirect("jobs:job", job)


def render_for_upload(
    request: MemberRequest, template: str, context: dict[str, Any], at: JobServices
) -> HttpResponseBase:
    """This page alone may send to the jobs bucket."""

    def page(request: HttpRequest) -> HttpResponse:
        return render(request, template, context)

    return csp_update({"connect-src": [at.uploads_to], "form-action": [at.uploads_to]})(page)(request)


class PageTooOld(Exception):
    """The page that the form was on cannot submit any more, or is none of ours."""


def page_token(at: JobServices) -> str:
    """Signed, so that a page cannot choose when its jobs seem to have been submitted."""
    return signing.dumps([at.jobs.now().isoformat(), uuid4().hex], salt=SALT)


def open_job(request: MemberRequest, key: str, name: str, size: int) -> Job:
    """Of the form: `page`, `annotator`, and a file `rules` where there is one. The same `key` of one page is the same
    job. Raises `PageTooOld`, `Refused` naming the field, and `BadInput` about the rules."""
    asked_at, page = _page(request.POST.get("page", ""))
    choice = request.POST.get("annotator", "")
    try:
        annotator, options = annotators.read(request.user, choice)
    except LookupError as error:
        raise submissions.Refused("annotator", choice[:80], "one of those offered") from error
    at = job_services()

    def opened(**own: str) -> Job:
        return submissions.open_job(
            at.jobs,
            request.user.labeler_id,
            asked_at,
            f"{page}{key}",
            file_name=name,
            size=size,
            most=at.most(plans.of(request.user).plan),
            annotator=annotator,
            options=options,
            own=own,
            trace_id=uuid4().hex,
            sees_all="reviewer" in request.user.roles,
        )

    rules = annotators.own_file(annotator)
    file = request.FILES.get("rules")
    if not isinstance(file, UploadedFile):
        if rules and rules.required:
            raise submissions.Refused("rules", "none", f"a file; {rules.description}")
        return opened()
    if not rules:
        raise submissions.Refused("rules", f"{file.name!r:.80}", f"none, as {annotator} takes no rules")
    with checked_rules(file) as (kind, path):
        made = opened(**{rules.name: kind})
        if made.state == UPLOADING:
            at.jobs.files.upload(path, made.options[rules.name], "application/octet-stream")
        return made


def _page(token: str) -> tuple[datetime, str]:
    """When the page was made, and its own key."""
    try:
        asked_at, key = signing.loads(token, salt=SALT, max_age=PAGE_SECONDS)
    except signing.BadSignature as error:
        raise PageTooOld from error
    return datetime.fromisoformat(asked_at), key


@contextmanager
def checked_rules(file: "UploadedFile[Any]") -> Iterator[tuple[str, Path]]:
    """Its format, and where it lies meanwhile. Raises `Refused`, and `BadInput` naming the line that is wrong."""
    kind = (file.name or "").rsplit(".", 1)[-1].lower()
    if kind not in RULE_FORMATS:
        raise Refused("rules", (file.name or "")[-80:], ", ".join(f".{one}" for one in RULE_FORMATS))
    if (file.size or 0) > MOST_RULE_BYTES:
        raise Refused("rules", f"{file.size:,} bytes", f"{MOST_RULE_BYTES:,} bytes")
    with TemporaryDirectory() as folder:
        path = Path(folder) / f"rules.{kind}"
        with path.open("wb") as target:
            for chunk in file.chunks():
                target.write(chunk)
        for _ in rule_files.read(path):
            pass
        yield kind, path
