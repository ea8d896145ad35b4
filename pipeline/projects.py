"""What a project's posts are prepared with: its settings, tokenizer, suggester and boiler-plate, kept while unchanged.

Every call asks S3 whether the settings changed (by ETag, so an unchanged object costs a request and no body).
"""

import threading
from collections.abc import Set
from dataclasses import dataclass
from typing import Protocol

from pipeline import tokenizers
from pipeline.messages import loads
from pipeline.ports import ObjectMissing, ObjectStore
from pipeline.schema import ProjectSettings, TokenizerId
from pipeline.steps import preparation
from pipeline.suggestions import Suggester, suggester
from pipeline.tokens import Tokenizer

SETTINGS_KEY = "projects/{project}/settings.json"
BOILERPLATE_KEY = "projects/{project}/boilerplate/{source}.json"
NOTHING: frozenset[str] = frozenset()


class ProjectUnknown(LookupError):
    """There is no project of this name: nobody has made it in the labeler."""


@dataclass(frozen=True)
class Project:
    settings: ProjectSettings
    tokenizer: Tokenizer
    suggester: Suggester
    preparation: str


class ProjectSource(Protocol):
    def get(self, name: str) -> Project: ...

    def boilerplate(self, project: Project, source: str) -> Set[str]: ...


class Projects:
    """The projects by name. `labels` and `posts` are the buckets; safe to share between threads."""

    def __init__(self, labels: ObjectStore, posts: ObjectStore) -> None:
        self._labels = labels
        self._posts = posts
        self._projects: dict[str, tuple[str, Project]] = {}  # name → ETag of the settings and what they led to
        self._tokenizers: dict[TokenizerId, Tokenizer] = {}
        self._boilerplate: dict[str, tuple[str, frozenset[str]]] = {}
        self._lock = threading.Lock()

    def get(self, name: str) -> Project:
        """Raises `ProjectUnknown`, `StoreUnavailable`, or what is wrong with its settings or tokenizer."""
        with self._lock:
            key = SETTINGS_KEY.format(project=name)
            kept = self._projects.get(name)
            try:
                found = self._labels.get_if_changed(key, kept[0]) if kept else self._labels.get(key)
            except ObjectMissing:
                raise ProjectUnknown(f"project {name!r} has no settings at {key}") from None
            if found is not None:
                kept = found.etag, self._made(ProjectSettings.from_json(loads(found.body)))
                self._projects[name] = kept
            if kept is None:
                raise AssertionError("unchanged, and never read before")
            return kept[1]

    def boilerplate(self, project: Project, source: str) -> Set[str]:
        """Names of the lines that the source repeats; none where the project does not ask or nobody has counted."""
        if project.settings.gates.max_boilerplate >= 1:
            return NOTHING
        with self._lock:
            key = BOILERPLATE_KEY.format(project=project.settings.project, source=source)
            kept = self._boilerplate.get(key)
            try:
                found = self._labels.get_if_changed(key, kept[0]) if kept else self._labels.get(key)
            except ObjectMissing:
                return NOTHING
            if found is not None:
                kept = found.etag, frozenset(loads(found.body)["lines"])
                self._boilerplate[key] = kept
            return kept[1] if kept else NOTHING

    def _made(self, settings: ProjectSettings) -> Project:
        wanted = settings.tokenizer
        if wanted not in self._tokenizers:
            self._tokenizers[wanted] = tokenizers.fetch(self._posts, wanted)
        return Project(
            settings,
            self._tokenizers[wanted],
            suggester(settings),
            preparation(wanted, settings.gates),
        )


class AskedOnce:
    """Projects as a batch sees them: asked for once. A request a post would be the largest part of what S3 costs."""

    def __init__(self, projects: ProjectSource) -> None:
        self._projects = projects
        self._found: dict[str, Project] = {}
        self._lines: dict[tuple[str, str], Set[str]] = {}

    def get(self, name: str) -> Project:
        if name not in self._found:
            self._found[name] = self._projects.get(name)
        return self._found[name]

    def boilerplate(self, project: Project, source: str) -> Set[str]:
        key = project.settings.project, source
        if key not in self._lines:
            self._lines[key] = self._projects.boilerplate(project, source)
        return self._lines[key]
