"""Jobs of one user, by key: a page of them, filtered; all; one, if it is the user's own."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from heapq import nsmallest

from django.http import Http404

from labeler.accounts.access import MemberRequest
from labeler.jobs.presenters import Shown
from labeler.services import JobServices, job_services
from pipeline.ports import JobTable
from pipeline.schema.job import COMPLETED, DELETING, FREE, ID_LENGTH, Job

PAGE = 20
READ = 100  # in one call
_ID = re.compile(f"[0-9a-z]{{{ID_LENGTH}}}")
MOST_READ = 1000  # for one page: a filter that finds little goes on by the link to older jobs


@dataclass(frozen=True, slots=True)
class Page:
    jobs: list[Job]
    older: str  # id to go on below; empty at the end


def page(table: JobTable, user: str, before: str, state: str, words: str) -> Page:
    found: list[Job] = []
    before, read = where(before), 0
    while batch := table.of_user(user, before, READ):
        for job in batch:
            before = job.id
            if matches(job, state, words):
                found.append(job)
            if len(found) == PAGE:
                more = job is not batch[-1] or bool(table.of_user(user, before, 1))
                return Page(found, before if more else "")
        read += len(batch)
        if len(batch) < READ:
            return Page(found, "")
        if read >= MOST_READ:
            return Page(found, before)
    return Page(found, "")


def where(given: str) -> str:
    """An id from an address, to go on below; empty, which is the beginning, where it is none."""
    return given if _ID.fullmatch(given) else ""


def matches(job: Job, state: str, words: str) -> bool:
    if job.state == DELETING:  # gone, for its owner
        return False
    text = f"{job.file_name} {job.annotator}".casefold()
    return (not state or job.state == state) and all(word in text for word in words.casefold().split())


@dataclass(frozen=True, slots=True)
class Usage:
    """What a user's jobs take up: how many there are, archived ones, bytes of inputs and results."""

    jobs: int = 0
    archived: int = 0
    bytes: int = 0


def usage(jobs: Iterable[Job]) -> Usage:
    count = archived = size = 0
    for job in jobs:
        if job.state == DELETING:
            continue
        count += 1
        archived += job.state in ("ARCHIVED", "THAWING")
        size += job.size + int(job.summary.get("bytes", 0))
    return Usage(count, archived, size)


def kept(jobs: Iterable[Job], most: int) -> list[tuple[Job, datetime]]:
    """Results that will go to the archive, and when; the next ones first."""
    due = (job for job in jobs if job.state == COMPLETED and job.keep_until)
    return [
        (job, datetime.fromisoformat(job.keep_until)) for job in nsmallest(most, due, key=lambda job: job.keep_until)
    ]


def everything(table: JobTable, user: str) -> Iterable[Job]:
    before = ""
    while batch := table.of_user(user, before, READ):
        yield from batch
        before = batch[-1].id


def own(request: MemberRequest, job: str) -> Job:
    found = job_services().jobs.table.get(request.user.labeler_id, job)
    if found is None or found.state == DELETING:
        raise Http404("no such job")
    return found


def shown(job: Job, at: JobServices, plan: str) -> Shown:
    return Shown(job, at.jobs.now(), plan == FREE)
