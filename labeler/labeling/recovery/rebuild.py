"""Makes the database from the buckets, or adds what it lacks. Repeats are harmless, so it may be broken off.

Not in the buckets, and so not rebuilt: passwords, sessions, drafts, leases. A labeler unknown to the database gets an
account without a password, named by the opaque id.
"""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import islice

from django.db import transaction

from labeler import record_store
from labeler.accounts.models import User
from labeler.audit import recovery as audit_recovery
from labeler.labeling import projects
from labeler.labeling.intake import revisions
from labeler.labeling.models import Annotation, Project
from labeler.labeling.recovery import buckets, parts, reconcile
from labeler.labeling.recovery.annotating import Annotations
from labeler.services import cloud
from pipeline import archive, schema
from pipeline.ports import ObjectMissing

log = logging.getLogger(__name__)

BATCH = 500  # posts in one transaction


def is_due() -> bool:
    """The database is empty and the buckets hold what people did: whatever is made here first would get in its way."""
    if Project.objects.exists() or User.objects.exists():
        return False
    return any(next(cloud().labels.list(prefix), None) for prefix in ("projects/", "annotations/", "audit/"))


class Rebuild:
    """One run; `counts` says what was added."""

    def __init__(self, progress: Callable[[int], object] = lambda _: None) -> None:
        self.counts = Counter[str]()
        self._progress = progress

    def run(self) -> None:
        # What waits for S3 first: it may have to give way to numbers that are taken there.
        while record_store.sweep(Annotation)[0]:
            pass
        away = cloud()
        self.counts.update(audit_recovery.rebuild(self._progress))
        for slug in buckets.slugs(away.labels):
            try:
                settings = projects.newest_settings(away.labels, slug)
            except (ObjectMissing, ValueError) as error:
                self._unreadable(f"projects/{slug}/", error)
                continue
            project = projects.index(settings)
            self.counts["projects"] += 1
            self._endings(project)
            self._posts(project)
            had_answers = Annotation.objects.filter(project=project).exists()
            Annotations(project, self.counts, self._progress).run()
            for own in parts.parts:
                self.counts.update(own.rebuild(project, self._progress))
            # Marked as stored, and gone from the bucket: the sweep below puts it there again.
            for row in reconcile.lost_objects(project) if had_answers else ():
                Annotation.objects.filter(pk=row.pk).update(stored_at=None)
        while stored := record_store.sweep(Annotation)[0]:
            self.counts["annotations stored again"] += stored

    def _posts(self, project: Project) -> None:
        archived = self._archived(project)
        while batch := list(islice(archived, BATCH)):
            with transaction.atomic():
                taken = revisions.take_all(Project.objects.select_for_update(no_key=True).get(pk=project.pk), batch)
            self.counts["posts"] += taken.total() - taken["repeated"] - taken["prepared"]

    def _endings(self, project: Project) -> None:
        told = self._ended(project)
        while batch := list(islice(told, BATCH)):
            with transaction.atomic():
                taken = revisions.note_endings(project, batch)
            self.counts["ended postings"] += taken.total() - taken["repeated"]

    def _ended(self, project: Project) -> Iterator[schema.PostEnded]:
        store = cloud().posts
        listed = archive.objects(store, archive.ENDED, project.slug)
        for key, rows in archive.rows(store, listed, self._unreadable):
            for row in rows:
                try:
                    yield schema.open_ended(row)
                except schema.SchemaError as error:
                    self._unreadable(key, error)

    def _archived(self, project: Project) -> Iterator[schema.PostReady]:
        store = cloud().posts
        for key, rows in archive.rows(store, archive.objects(store, archive.POSTS, project.slug), self._unreadable):
            for row in rows:
                try:
                    yield schema.PostReady.from_json(row)
                except schema.SchemaError as error:
                    self._unreadable(key, error)
            self._progress(len(rows))

    def _unreadable(self, key: str, error: Exception) -> None:
        self.counts["unreadable"] += 1
        log.error("%s is passed over: %s", key, error)
