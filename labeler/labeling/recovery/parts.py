"""What other apps keep in the buckets, for rebuild and reconcile: each app adds its parts when it starts."""

from collections import Counter
from collections.abc import Iterator
from typing import Protocol

from labeler.labeling.models import Project
from labeler.reconciliation import Progress


class Part(Protocol):
    def rebuild(self, project: Project, progress: Progress) -> "Counter[str]":
        """Adds to the database what the buckets hold and it lacks; posts are there already. Safe to repeat."""

    def differences(self, project: Project, progress: Progress) -> Iterator[str]:
        """One line each."""


parts: list[Part] = []
