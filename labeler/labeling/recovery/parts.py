"""What other apps keep in the buckets, for rebuild and reconcile: each app adds its parts when it starts."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Protocol

from labeler.labeling.models import Project

Progress = Callable[[int], object]


class Part(Protocol):
    def rebuild(self, project: Project, progress: Progress) -> "Counter[str]":
        """Adds to the database what the buckets hold and it lacks; posts are there already. Safe to repeat."""

    def differences(self, project: Project, progress: Progress) -> Iterator[str]:
        """One line each."""


class FirstPart(Protocol):
    """What belongs to no project, and is rebuilt before any."""

    def rebuild(self, progress: Progress) -> "Counter[str]": ...

    def differences(self, progress: Progress) -> Iterator[str]: ...


first: list[FirstPart] = []
parts: list[Part] = []
