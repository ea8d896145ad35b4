"""A user's own job, as the pages about it begin: another user's is not there."""

from django.http import Http404, HttpRequest

from labeler.jobs.counter import Counter, counter
from labeler.jobs.shown import Shown
from pipeline.schema.job import DELETING, FREE, Job


def own(request: HttpRequest, job: str) -> Job:
    found = counter().office.table.get(request.user.labeler_id, job)
    if found is None or found.state == DELETING:
        raise Http404("no such job")
    return found


def shown(job: Job, at: Counter, plan: str) -> Shown:
    return Shown(job, at.office.now(), plan == FREE)
