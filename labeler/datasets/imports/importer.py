"""An import from file to inbox: each batch to S3 first, then to the inbox, then its labels to S3.

It goes on after a crash where it was: what a batch did is repeated without effect.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC
from itertools import islice
from typing import BinaryIO

from django.db import transaction
from django.utils import timezone

from labeler import record_store
from labeler.datasets.imports import annotations, files
from labeler.datasets.imports.dry_run import Now
from labeler.datasets.imports.files import Options
from labeler.datasets.imports.preparation import Origin, Prepared, Preparer
from labeler.datasets.models import Import
from labeler.labeling import layers, projects
from labeler.labeling.intake import revisions
from labeler.labeling.models import Project
from labeler.services import cloud
from labeler.worker import commands
from pipeline import archive, messages
from pipeline.formats.record import Note
from pipeline.projects import Projects
from pipeline.schema import ProjectSettings, timestamp

log = logging.getLogger(__name__)

BATCH = 500  # rows in one object, one transaction
FIRST_NOTES = 50  # kept with the import; the others are only told


Tell = Callable[[Note], object]
Progress = Callable[[int], object]


def begin(project: Project, name: str, sha256: str, form: str, options: Options, by: str = "system") -> Import:
    """The import of a file: the one that was broken off, if it was the same in all."""
    same = Import.objects.filter(
        project=project, sha256=sha256, form=form, options=options.to_json(), key="", state=Import.State.RUNNING
    )
    now = timezone.now()
    return same.order_by("-id").first() or Import.objects.create(
        project=project,
        name=name[-200:],
        sha256=sha256,
        form=form,
        options=options.to_json(),
        by=by,
        began_at=now,
        beat_at=now,
        state=Import.State.RUNNING,
    )


class Importer:
    """Takes the file of one import in; `counts` says what was done."""

    def __init__(self, imported: Import, tell: Tell = lambda _: None, progress: Progress = lambda _: None) -> None:
        self.imported, self._tell, self._progress = imported, tell, progress
        self.counts: Counter[str] = Counter(imported.counts)

    def all(self, file: BinaryIO, stopping: threading.Event | None = None) -> bool:
        """False when it was told to stop before the end."""
        options = Options.from_json(self.imported.options)
        if options.create and not self.imported.rows:
            self.imported.project = _with_labels(
                self.imported.project, files.labels(file, self.imported.form, options), self.imported.by
            )
        preparer = Preparer(Projects(cloud().labels, cloud().posts), _origin(self.imported, options), Now())
        prepared = preparer.all(files.rows(file, self.imported.form, options))
        read = 0
        while batch := list(islice(prepared, BATCH)):
            # Not by row numbers: one row may hold several people's answers.
            if new := batch[max(self.imported.rows - read, 0) :]:
                self._take(new, preparer.settings)
            read += len(batch)
            self._progress(len(batch))
            if stopping and stopping.is_set():
                return False
        Import.objects.filter(pk=self.imported.pk).update(state=Import.State.DONE, beat_at=timezone.now())
        self.imported.state = Import.State.DONE
        if self.counts["posts"]:
            commands.send("drain")
        return True

    def _take(self, batch: list[Prepared], settings: ProjectSettings) -> None:
        project = self.imported.project
        taken = [one.ready for one in batch if one.ready]
        if taken:
            lines = [messages.dumps(one.to_json()) for one in taken]
            key = archive.key(archive.POSTS, project.slug, self.imported.began_at.astimezone(UTC), lines)
            cloud().posts.put(key, archive.compress(lines), archive.CONTENT_TYPE)
        self._note(batch)
        with transaction.atomic():
            locked = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
            outcomes = revisions.take_all(locked, taken)
            made, counts = annotations.take(locked, taken, settings)
            self.counts.update({f"posts {name}": count for name, count in outcomes.items()})
            self.counts.update(counts)
            self.counts["posts"] += len(taken)
            self.counts["spans"] += sum(len(row.spans) for row in made)
            self.imported.rows += len(batch)
            self.imported.counts = dict(self.counts)
            self.imported.beat_at = timezone.now()
            self.imported.save(update_fields=["rows", "counts", "beat_at", "first_notes"])
        record_store.store_all(made)

    def _note(self, batch: list[Prepared]) -> None:
        for one in batch:
            self.counts["rows"] += 1
            self.counts["rows refused"] += one.ready is None
            for note in one.notes:
                self._say(note)

    def _say(self, note: Note) -> None:
        self.counts[f"notes {note.outcome}"] += 1
        if len(self.imported.first_notes) < FIRST_NOTES:
            self.imported.first_notes.append(note.to_json())
        self._tell(note)


def project_for(slug: str, file: BinaryIO, form: str, options: Options, by: str = "system") -> Project | None:
    """The project to import into. One that is made for the file has the file's labels, if there are any."""
    found = projects.find(slug)
    if found or not options.create:
        return found
    made, new = projects.create(slug, slug, by)
    labels = layers.lacking((), layers.named(files.labels(file, form, options))) if new else ()
    return projects.edit(made, {"labels": labels}, by, kind="labels-imported") if labels else made


def _with_labels(project: Project, found: list[layers.FileLabel], by: str) -> Project:
    have = project.settings.labels
    added = layers.lacking(have, layers.named(found))
    return projects.edit(project, {"labels": (*have, *added)}, by, kind="labels-imported") if added else project


def _origin(imported: Import, options: Options) -> Origin:
    at = timestamp(imported.began_at.astimezone(UTC))
    return Origin(imported.project.slug, imported.sha256, imported.form, options.source, options.language, at)
