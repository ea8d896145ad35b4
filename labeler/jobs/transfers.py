"""Carries a finished job's posts into a project: to S3 first, then to the inbox, its spans as suggestions."""

import logging
import threading
import zipfile
from collections import Counter as Counts
from collections.abc import Iterator, Set
from dataclasses import replace
from datetime import UTC
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
from django.db import transaction

from labeler.accounts.models import User
from labeler.jobs.models import Transfer
from labeler.labeling.intake import revisions
from labeler.labeling.models import Project
from labeler.services import cloud, job_services
from labeler.worker import commands
from labeler.worker.loop import AWAY, OUR_FAULT
from pipeline import archive, messages
from pipeline.ports import ObjectMissing
from pipeline.projects import Projects
from pipeline.schema import Json, PostReady, PostScraped, Suggestion, post_id
from pipeline.schema.job import COMPLETED, Job
from pipeline.service import prepare_post
from pipeline.text import revision

log = logging.getLogger(__name__)

BATCH = 200  # posts in one object, one transaction
_SHOWN = ("url", "title", "company", "location", "date_posted", "language")


class TransferFailed(Exception):
    """The job's posts cannot go into a project; says why."""


def begin(user: User, job: Job, project: Project) -> Transfer:
    """The same job goes into a project once; one that failed is tried again."""
    made, fresh = Transfer.objects.get_or_create(user=user, job=job.id, project=project)
    if not fresh and made.state == Transfer.State.FAILED:
        Transfer.objects.filter(pk=made.pk).update(state=Transfer.State.WAITING, reason="")
    commands.send("handovers")
    return made


def carry_all(stopping: threading.Event) -> "Counts[str]":
    """The worker's part. Broken off, it begins anew: what a batch did is repeated without effect."""
    done = Counts[str]()
    waiting = Transfer.objects.filter(state=Transfer.State.WAITING).select_related("user", "project").order_by("id")
    for one in waiting.iterator():
        try:
            posts = _carry(one, stopping)
        except TransferFailed as error:
            Transfer.objects.filter(pk=one.pk).update(state=Transfer.State.FAILED, reason=str(error)[:500])
            done["handovers failed"] += 1
            continue
        except AWAY:
            raise
        except (Exception, SystemExit) as error:
            log.exception("transfer %s failed", one.pk)
            reason = OUR_FAULT.format(error)[:500]
            Transfer.objects.filter(pk=one.pk).update(state=Transfer.State.FAILED, reason=reason)
            done["handovers failed"] += 1
            continue
        if posts is None:
            break
        Transfer.objects.filter(pk=one.pk).update(state=Transfer.State.DONE, posts=posts)
        done["handovers"] += 1
    return done


def _carry(one: Transfer, stopping: threading.Event) -> int | None:
    """How many posts are new in the project; None when told to stop."""
    services = job_services().jobs
    job = services.table.get(one.user.labeler_id, one.job)
    if job is None or job.state != COMPLETED:
        raise TransferFailed("The job has no result to read: it was deleted, or moved to the archive.")
    projects, new = Projects(cloud().labels, cloud().posts), 0
    with TemporaryDirectory() as folder:
        path = Path(folder) / "bundle.zip"
        try:
            services.files.download(job.bundle_key, path)
        except ObjectMissing as error:
            raise TransferFailed("The job's result is gone.") from error
        ready = _posts(path, one.project, job, projects)
        while batch := list(islice(ready, BATCH)):
            lines = [messages.dumps(post.to_json()) for post in batch]
            key = archive.key(archive.POSTS, one.project.slug, one.at.astimezone(UTC), lines)
            cloud().posts.put(key, archive.compress(lines), archive.CONTENT_TYPE)
            with transaction.atomic():
                locked = Project.objects.select_for_update(no_key=True).get(pk=one.project.pk)
                new += revisions.take_all(locked, batch)["new"]
            if stopping.is_set():
                return None
    return new


def _posts(path: Path, project: Project, job: Job, projects: Projects) -> Iterator[PostReady]:
    """Prepared as scraped posts are; those the project's gates refuse stay behind."""
    labels = {label.name for label in project.settings.labels}
    with zipfile.ZipFile(path) as bundle, bundle.open("results.jsonl") as rows:
        for line in rows:
            row = orjson.loads(line)
            if "refused" in row:
                continue
            made = prepare_post(_post(row, project, job), projects, job_services().jobs.clock)
            if isinstance(made, PostReady):
                yield replace(made, suggestions=tuple(_suggestions(row, labels)))


def _post(row: Json, project: Project, job: Job) -> PostScraped:
    source, external_id = f"job:{job.id}", f"{row['row']}:{row['id']}"[:500]
    fields = row.get("fields", {})
    shown = {name: value for name in _SHOWN if isinstance(value := fields.get(name, ""), str)}
    given: Json = {
        **dict.fromkeys(_SHOWN, ""),
        "language": "und",
        **{name: value for name, value in shown.items() if value},
    }
    return PostScraped(
        project=project.slug,
        source=source,
        external_id=external_id,
        post_id=post_id(source, external_id),
        revision=revision(row["text"]),
        text=row["text"],
        fetched_at=job.created_at,
        trace_id=job.trace_id,
        **given,
    )


def _suggestions(row: Json, labels: Set[str]) -> Iterator[Suggestion]:
    """Spans whose label the project has."""
    for span in row["spans"]:
        if span["label"] in labels:
            yield Suggestion.from_json({name: span[name] for name in ("start", "end", "label", "score", "by")})
