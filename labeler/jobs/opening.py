"""Opens a job from what a form gave, its rules beside it; with and without a script."""

from datetime import datetime
from uuid import uuid4

from django.core import signing
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from labeler.jobs import choices, ownrules, plans
from labeler.jobs.counter import Counter, counter
from pipeline.jobs import submissions
from pipeline.schema.job import UPLOADING, Job

PAGE_SECONDS = 24 * 3600  # a page can submit for, before it must be loaded again
SALT = "jobs"


class PageTooOld(Exception):
    """The page that the form was on cannot submit any more, or is none of ours."""


def page_token(at: Counter) -> str:
    """Signed, so that a page cannot choose when its jobs seem to have been submitted."""
    return signing.dumps([at.office.now().isoformat(), uuid4().hex], salt=SALT)


def open_job(request: HttpRequest, key: str, name: str, size: int) -> Job:
    """Of the form: `page`, `annotator`, and a file `rules` where there is one. The same `key` of one page is the same
    job. Raises `PageTooOld`, `Refused` naming the field, and `BadInput` about the rules."""
    asked_at, page = _page(request.POST.get("page", ""))
    choice = request.POST.get("annotator", "")
    try:
        annotator, options = choices.read(request.user, choice)
    except LookupError as error:
        raise submissions.Refused("annotator", choice[:80], "one of those offered") from error
    at = counter()

    def opened(**own: str) -> Job:
        return submissions.open_job(
            at.office,
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
        )

    rules = choices.own_file(annotator)
    file = request.FILES.get("rules")
    if not isinstance(file, UploadedFile):
        if rules and rules.required:
            raise submissions.Refused("rules", "none", f"a file; {rules.description}")
        return opened()
    if not rules:
        raise submissions.Refused("rules", f"{file.name!r:.80}", f"none, as {annotator} takes no rules")
    with ownrules.checked(file) as (kind, path):
        made = opened(**{rules.name: kind})
        if made.state == UPLOADING:
            at.office.files.upload(path, made.options[rules.name], "application/octet-stream")
        return made


def _page(token: str) -> tuple[datetime, str]:
    """When the page was made, and its own key."""
    try:
        asked_at, key = signing.loads(token, salt=SALT, max_age=PAGE_SECONDS)
    except signing.BadSignature as error:
        raise PageTooOld from error
    return datetime.fromisoformat(asked_at), key
