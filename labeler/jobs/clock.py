"""On one machine nobody needs to wait for the archive: its time can be made to have come."""

from dataclasses import replace

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from labeler.accounts.access import MEMBER, allow
from labeler.jobs.counter import counter
from labeler.jobs.owned import own
from pipeline.jobs.retention import retire
from pipeline.jobs.transitions import move
from pipeline.schema import timestamp
from pipeline.schema.job import ARCHIVED, COMPLETED, Job


@require_POST
@allow(MEMBER)
def archive_now(request: HttpRequest, job: str) -> HttpResponse:
    """What the one-time schedule does when the result's time is over."""
    if settings.ON_AWS:
        raise Http404
    found, office = own(request, job), counter().office

    def over(old: Job) -> Job:
        return replace(old, keep_until=timestamp(office.now())) if old.state == COMPLETED and old.keep_until else old

    move(office.table, found.user, found.id, over)
    after = retire(office, found.user, found.id)
    if after is not None and after.state == ARCHIVED:
        messages.success(request, f"{found.file_name} is in the archive, as if its time were over.")
    else:
        messages.error(request, f"{found.file_name} is not due for the archive: only results of the free plan are.")
    return redirect("jobs:job", job)
