"""The versions of a project, which are its events in S3: listed, compared, restored."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from difflib import unified_diff

from labeler.labeling import projects
from labeler.labeling.models import Project
from labeler.services import cloud
from pipeline.ports import ObjectMissing
from pipeline.schema import ProjectSettings

SHOWN = 50
STAMP = ("n", "kind", "at", "by", "schema", "guideline_version")  # of the event itself


class NoVersion(LookupError):
    """No event has this number."""


@dataclass(frozen=True, slots=True)
class Version:
    settings: ProjectSettings
    changed: tuple[str, ...]  # fields that the event before it had otherwise


def read(project: Project, n: int) -> ProjectSettings:
    """Raises `NoVersion`."""
    if n == project.event:
        return project.settings
    try:
        body = cloud().labels.get(projects.event_key(project.slug, n)).body
    except ObjectMissing:
        raise NoVersion(f"version: given {n}, allowed: 1 to {project.event}") from None
    return ProjectSettings.from_json(json.loads(body))


def newest(project: Project) -> list[Version]:
    """The last ones, newest first."""
    first = max(1, project.event - SHOWN)
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda n: read(project, n), range(first, project.event + 1)))
    pairs = zip(found[1:], found, strict=False)
    made = [Version(after, tuple(_fields(before, after))) for after, before in pairs]
    return [*made[::-1], *([Version(found[0], ())] if first == 1 else [])]


def between(project: Project, a: int, b: int) -> list[tuple[str, str]]:
    """(field, what differs as lines of a unified diff) from version `a` to `b`."""
    before, after = read(project, a), read(project, b)
    ours, theirs = before.to_json(), after.to_json()
    return [(name, _diff(ours.get(name), theirs.get(name))) for name in _fields(before, after)]


def _fields(before: ProjectSettings, after: ProjectSettings) -> list[str]:
    ours, theirs = before.to_json(), after.to_json()
    names = dict.fromkeys((*ours, *theirs))
    return [name for name in names if name not in STAMP and ours.get(name) != theirs.get(name)]


def _diff(before: object, after: object) -> str:
    lines = unified_diff(_lines(before), _lines(after), lineterm="", n=1)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++", "@@")))


def _lines(value: object) -> list[str]:
    if isinstance(value, str):
        return value.split("\n")
    if isinstance(value, list):
        return [json.dumps(one, ensure_ascii=False) for one in value]
    return [json.dumps(value, ensure_ascii=False)]


def restore(project: Project, n: int, by: str) -> Project:
    """One more event with the settings of version `n`.

    Labels stay as they are where operations on them came after it: those are made undone by operations, or answers
    given since would lose their labels.
    """
    wanted = read(project, n)
    kept = {"project", *STAMP} | ({"labels"} if wanted.operations != project.settings.operations else set())
    names = ProjectSettings.__dataclass_fields__.keys() - kept - {"operations", "SCHEMA"}
    return projects.edit(project, {name: getattr(wanted, name) for name in names}, by, kind="restored")
