"""What the worker does for datasets: imports and releases that were asked for, gold answers that wait for S3.

An import or release whose worker died goes on in another one's hands once it has been quiet for a while.
"""

import logging
import threading
from collections import Counter
from datetime import timedelta
from tempfile import TemporaryFile
from typing import BinaryIO, cast

from django.db.models import Q
from django.utils import timezone

from labeler import record_store
from labeler.adjudication.models import Gold
from labeler.datasets.imports import files, submission
from labeler.datasets.imports.dry_run import check
from labeler.datasets.imports.importer import Importer
from labeler.datasets.models import Import, Release
from labeler.datasets.releases.builder import Broken, Build
from labeler.labeling.projects import Changed
from labeler.worker.loop import AWAY, OUR_FAULT, PeriodicTask
from pipeline.errors import InvalidInput
from pipeline.ports import ObjectMissing

log = logging.getLogger(__name__)

QUIET = timedelta(minutes=10)  # longer than any batch or file takes


def imports(stopping: threading.Event) -> "Counter[str]":
    """The files that were handed in, oldest first; those of a command are the command's."""
    counts: Counter[str] = Counter()
    while not stopping.is_set() and (imported := _claim_import()):
        checking = imported.state in (Import.State.CHECK, Import.State.CHECKING)
        waiting, name = (Import.State.CHECK, "checked") if checking else (Import.State.WAITING, "done")
        try:
            with TemporaryFile() as held:
                file = cast(BinaryIO, held)
                _fetch(imported, file)
                done = check(imported, file, stopping) if checking else Importer(imported).all(file, stopping)
            if done:
                counts[f"imports {name}"] += 1
            else:
                Import.objects.filter(pk=imported.pk).update(state=waiting)
        except (InvalidInput, ValueError, ObjectMissing) as error:
            log.error("import %s failed: %s", imported.pk, error)
            _fail(imported, str(error))
            counts["imports failed"] += 1
        except Changed:  # somebody edited the project just then
            Import.objects.filter(pk=imported.pk).update(state=waiting)
        except AWAY:
            raise  # it goes on by itself
        except (Exception, SystemExit) as error:
            log.exception("import %s failed", imported.pk)
            _fail(imported, OUR_FAULT.format(error))
            counts["imports failed"] += 1
    return counts


def releases(stopping: threading.Event) -> "Counter[str]":
    counts: Counter[str] = Counter()
    while not stopping.is_set() and (release := _claim_release()):
        try:
            if Build(release).run(stopping):
                counts["releases published"] += 1
            else:
                Release.objects.filter(pk=release.pk).update(state=Release.State.WAITING)
        except (InvalidInput, Broken) as error:
            log.error("release %s failed: %s", release.pk, error)
            counts["releases failed"] += 1
        except AWAY:
            raise
        except (Exception, SystemExit) as error:
            log.exception("release %s failed", release.pk)
            _fail(release, OUR_FAULT.format(error))
            counts["releases failed"] += 1
    return counts


def sweep(stopping: threading.Event) -> "Counter[str]":
    return Counter({"gold answers stored": stored}) if (stored := record_store.sweep(Gold)[0]) else Counter()


def _fail(asked: Import | Release, error: str) -> None:
    type(asked)._default_manager.filter(pk=asked.pk).update(state="failed", error=error)


def _fetch(imported: Import, file: BinaryIO) -> None:
    """Raises `ObjectMissing`."""
    submission.fetch(imported.key, file)
    file.seek(0)
    if not imported.sha256:  # a browser sent it straight to S3
        imported.sha256 = files.sha256_of(file)
        imported.save(update_fields=["sha256"])


def _claim_import() -> Import | None:
    """As it was before it was claimed."""
    wanted = _free(Import.State.WAITING, Import.State.RUNNING) | _free(Import.State.CHECK, Import.State.CHECKING)
    for imported in Import.objects.exclude(key="").filter(wanted).select_related("project").order_by("pk"):
        checking = imported.state in (Import.State.CHECK, Import.State.CHECKING)
        mine = Import.objects.filter(pk=imported.pk, state=imported.state, beat_at=imported.beat_at)
        if mine.update(state=Import.State.CHECKING if checking else Import.State.RUNNING, beat_at=timezone.now()):
            return imported
    return None


def _claim_release() -> Release | None:
    waiting = Release.objects.filter(_free(Release.State.WAITING, Release.State.RUNNING))
    unfinished = Release.objects.filter(state__in=(Release.State.WAITING, Release.State.RUNNING))
    for release in waiting.select_related("project").order_by("pk"):
        # Its posts stay in the splits that the version before has: that one is to be there first.
        if unfinished.filter(project=release.project, version__lt=release.version).exists():
            continue
        mine = Release.objects.filter(pk=release.pk, state=release.state, beat_at=release.beat_at)
        if mine.update(state=Release.State.RUNNING, beat_at=timezone.now()):
            return release
    return None


def _free(waiting: str, running: str) -> Q:
    return Q(state=waiting) | Q(state=running, beat_at__lt=timezone.now() - QUIET)


TASKS = {"import": PeriodicTask(imports), "release": PeriodicTask(releases), "sweep-gold": PeriodicTask(sweep)}
