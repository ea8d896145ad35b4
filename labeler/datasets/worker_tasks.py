"""What the worker does for datasets: imports and releases that were asked for, gold answers that wait for S3.

An import or release whose worker died goes on in another one's hands once it has been quiet for a while.
"""

import logging
import threading
from collections import Counter
from datetime import timedelta
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from django.db import DataError
from django.db.models import Q
from django.utils import timezone

from labeler import record_store
from labeler.adjudication.models import Gold
from labeler.datasets.imports import files, handing
from labeler.datasets.imports.checking import check
from labeler.datasets.imports.run import Run
from labeler.datasets.models import Import, Release
from labeler.datasets.releases.building import Broken, Build
from labeler.labeling.projects import Changed
from labeler.worker.loop import PeriodicTask
from pipeline.errors import InvalidInput
from pipeline.ports import ObjectMissing

log = logging.getLogger(__name__)

# What comes again whenever it is tried: it fails its job, for it would end worker after worker.
FAULTS = ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, DataError
OURS = "our fault; it is in the log ({!r})"
QUIET = timedelta(minutes=10)  # longer than any batch or file takes


def imports(stopping: threading.Event) -> "Counter[str]":
    """The files that were handed in, oldest first; those of a command are the command's."""
    counts: Counter[str] = Counter()
    while not stopping.is_set() and (job := _claim_import()):
        checking = job.state in (Import.State.CHECK, Import.State.CHECKING)
        waiting, name = (Import.State.CHECK, "checked") if checking else (Import.State.WAITING, "done")
        try:
            with TemporaryFile() as held:
                file = cast(BinaryIO, held)
                _fetch(job, file)
                done = check(job, file, stopping) if checking else Run(job).all(file, stopping)
            if done:
                counts[f"imports {name}"] += 1
            else:
                Import.objects.filter(pk=job.pk).update(state=waiting)
        except (InvalidInput, ValueError, ObjectMissing) as error:
            log.error("import %s failed: %s", job.pk, error)
            _fail(job, str(error))
            counts["imports failed"] += 1
        except Changed:  # somebody edited the project just then
            Import.objects.filter(pk=job.pk).update(state=waiting)
        except FAULTS as error:
            log.exception("import %s failed", job.pk)
            _fail(job, OURS.format(error))
            counts["imports failed"] += 1
    return counts


def releases(stopping: threading.Event) -> "Counter[str]":
    counts: Counter[str] = Counter()
    while not stopping.is_set() and (job := _claim_release()):
        try:
            if Build(job).run(stopping):
                counts["releases published"] += 1
            else:
                Release.objects.filter(pk=job.pk).update(state=Release.State.WAITING)
        except (InvalidInput, Broken) as error:
            log.error("release %s failed: %s", job.pk, error)
            counts["releases failed"] += 1
        except FAULTS as error:
            log.exception("release %s failed", job.pk)
            _fail(job, OURS.format(error))
            counts["releases failed"] += 1
    return counts


def sweep(stopping: threading.Event) -> "Counter[str]":
    return Counter({"gold answers stored": stored}) if (stored := record_store.sweep(Gold)[0]) else Counter()


def _fail(job: Import | Release, error: str) -> None:
    type(job)._default_manager.filter(pk=job.pk).update(state="failed", error=error)


def _fetch(job: Import, file: BinaryIO) -> None:
    """Raises `ObjectMissing`."""
    handing.fetch(job.key, file)
    file.seek(0)
    if not job.sha256:  # a browser sent it straight to S3
        job.sha256 = files.sha256_of(file)
        job.save(update_fields=["sha256"])


def _claim_import() -> Import | None:
    """A job as it was before it was claimed."""
    wanted = _free(Import.State.WAITING, Import.State.RUNNING) | _free(Import.State.CHECK, Import.State.CHECKING)
    for job in Import.objects.exclude(key="").filter(wanted).select_related("project").order_by("pk"):
        checking = job.state in (Import.State.CHECK, Import.State.CHECKING)
        mine = Import.objects.filter(pk=job.pk, state=job.state, beat_at=job.beat_at)
        if mine.update(state=Import.State.CHECKING if checking else Import.State.RUNNING, beat_at=timezone.now()):
            return job
    return None


def _claim_release() -> Release | None:
    waiting = Release.objects.filter(_free(Release.State.WAITING, Release.State.RUNNING))
    unfinished = Release.objects.filter(state__in=(Release.State.WAITING, Release.State.RUNNING))
    for job in waiting.select_related("project").order_by("pk"):
        # Its posts stay in the splits that the version before has: that one is to be there first.
        if unfinished.filter(project=job.project, version__lt=job.version).exists():
            continue
        mine = Release.objects.filter(pk=job.pk, state=job.state, beat_at=job.beat_at)
        if mine.update(state=Release.State.RUNNING, beat_at=timezone.now()):
            return job
    return None


def _free(waiting: str, running: str) -> Q:
    return Q(state=waiting) | Q(state=running, beat_at__lt=timezone.now() - QUIET)


TASKS = {"import": PeriodicTask(imports), "release": PeriodicTask(releases), "sweep-gold": PeriodicTask(sweep)}
