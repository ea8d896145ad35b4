"""Pushed suggestions, from the bucket into the database, and the objects compared with their index."""

import logging
from collections import Counter
from collections.abc import Iterator
from itertools import islice

from django.db import transaction

from labeler.labeling import pushing
from labeler.labeling.models import Project, Pushed
from labeler.reconciliation import Progress
from labeler.services import cloud

log = logging.getLogger(__name__)

BATCH = 200  # keys looked up at a time


class PushedPart:
    def rebuild(self, project: Project, progress: Progress) -> "Counter[str]":
        """Oldest first: a program's later suggestions take the place of its earlier ones."""
        counts: Counter[str] = Counter()
        for key in _unknown(project):
            try:
                by, proposed, missing = pushing.read(project, cloud().labels.get(key).body)
            except ValueError as error:
                counts["unreadable"] += 1
                log.error("%s is passed over: %s", key, error)
                continue
            if missing:
                counts["suggestions without a post"] += missing
                log.warning("%s: the archive lacks %d of its posts", key, missing)
            with transaction.atomic():
                pushing.note(project, key, by, proposed)
            counts["pushed suggestions"] += 1
            progress(1)
        return counts

    def differences(self, project: Project, progress: Progress) -> Iterator[str]:
        for key in _unknown(project):
            yield f"{key}: in S3 only"
        stored = cloud().labels.list(pushing.prefix(project))
        there = next(stored, None)
        # Keys are digits and ASCII letters: the database and S3 sort them alike.
        for key in Pushed.objects.filter(project=project).order_by("key").values_list("key", flat=True).iterator():
            while there and there.key < key:
                there = next(stored, None)
            if there is None or there.key != key:
                yield f"{key}: in the database only"
            progress(1)


def _unknown(project: Project) -> Iterator[str]:
    """Keys of objects that the database does not know, oldest first."""
    listed = (one.key for one in cloud().labels.list(pushing.prefix(project)))
    while batch := list(islice(listed, BATCH)):
        known = set(Pushed.objects.filter(key__in=batch).values_list("key", flat=True))
        yield from (key for key in batch if key not in known)
