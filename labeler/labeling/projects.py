"""Projects: every change is an event in S3 that carries the whole settings after it; the row is an index of it."""

import contextlib
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from django.db import transaction
from django.db.models import Count, Max
from django.utils import timezone

from labeler.labeling import layers, starter
from labeler.labeling.models import Assignment, Project
from labeler.labeling.tasks.ordering import ORDERS
from labeler.services import cloud
from labeler.worker import commands
from pipeline.errors import InvalidInput
from pipeline.ports import ObjectExists, ObjectMissing, ObjectStore
from pipeline.schema import ProjectSettings, timestamp

MOST_REDUNDANCY = 20
SUGGESTERS = ("none", "gazetteer")
PALETTE = range(1, 13)
SLUGS = "a-z, 0-9 and -, at most 60, not - at an end"
_SCRIPT = re.compile(r"<\s*/?\s*(script|iframe|object|embed)\b|<[^>]*\son\w+\s*=|javascript:", re.IGNORECASE)
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?")


class Changed(Exception):
    """Somebody else changed the project meanwhile; the row now holds their settings."""


def find(slug: str) -> Project | None:
    """The row, made from S3 where the database has none yet; None when there is no such project at all."""
    found = Project.objects.filter(slug=slug).first()
    if found or not _SLUG.fullmatch(slug):
        return found
    try:
        newest = newest_settings(cloud().labels, slug)
    except ObjectMissing:
        return None
    return index(newest)


def create(slug: str, name: str, by: str = "system") -> tuple[Project, bool]:
    """A project with the starter label set and tokenizer; True when it is new, else the one that exists."""
    if not _SLUG.fullmatch(slug):
        raise InvalidInput("slug", slug, SLUGS)
    if found := find(slug):
        return found, False
    settings = starter.settings(slug, name or slug, by, timestamp(timezone.now()))
    starter.publish_tokenizer(cloud().posts)
    check(settings)
    try:
        return _record(settings), True
    except Changed:
        return Project.objects.get(slug=slug), False


def edit(project: Project, changes: Mapping[str, Any], by: str, kind: str = "edited") -> Project:
    """Changes fields of the settings. Raises `InvalidInput` for a value, `Changed` when another edit was first."""
    before = project.settings
    after = changed(before, changes)
    if after == before:
        return project
    after = replace(after, n=before.n + 1, kind=kind, by=by, at=timestamp(timezone.now()))
    check_edit(project, after)
    project = _record(after)
    if project.fitted < project.event:
        commands.send("fit")
    return project


def changed(settings: ProjectSettings, changes: Mapping[str, Any]) -> ProjectSettings:
    """The settings with other values; new guidelines get the next version."""
    after = replace(settings, **changes)
    if after.guidelines != settings.guidelines:
        after = replace(after, guideline_version=settings.guideline_version + 1)
    return after


def check(settings: ProjectSettings) -> None:
    """Raises `InvalidInput` for what would not work."""
    if not settings.name.strip():
        raise InvalidInput("name", settings.name, "some words")
    if not 1 <= settings.redundancy <= MOST_REDUNDANCY:
        raise InvalidInput("redundancy", settings.redundancy, f"1 to {MOST_REDUNDANCY}")
    if settings.order not in ORDERS:
        raise InvalidInput("order", settings.order, ", ".join(ORDERS))
    for share in ("hidden_share", "redundancy_share", "gold_rate"):
        if not 0 <= getattr(settings, share) <= 1:
            raise InvalidInput(share, getattr(settings, share), "0 to 1")
    if _SCRIPT.search(settings.guidelines):
        raise InvalidInput("guidelines", settings.guidelines, "Markdown without scripts, frames or event handlers")
    gates = settings.gates
    if gates.min_chars > gates.max_chars:
        raise InvalidInput("min_chars", gates.min_chars, f"at most max_chars, {gates.max_chars}")
    if not settings.labels:
        raise InvalidInput("labels", [], "at least one label")
    if settings.suggester not in SUGGESTERS:
        raise InvalidInput("suggester", settings.suggester, ", ".join(SUGGESTERS))
    names = Counter(one.name for one in settings.labels)
    keys = [one.key.lower() for one in settings.labels if one.key]
    for at, label in enumerate(settings.labels):
        if not layers.is_name(label.name):
            raise InvalidInput(f"labels[{at}].name", label.name, layers.NAMES)
        if names[label.name] > 1:
            raise InvalidInput(f"labels[{at}].name", label.name, "each name once")
        if len(label.key) > 1 or (label.key and label.key.lower() in layers.COMMAND_KEYS):
            allowed = f"one key, none of {' '.join(layers.COMMAND_KEYS)}; free: {_free(keys)}"
            raise InvalidInput(f"labels[{at}].key", label.key, allowed)
        if label.key and keys.count(label.key.lower()) > 1:
            raise InvalidInput(f"labels[{at}].key", label.key, f"each key once; free: {_free(keys)}")
        if label.color not in PALETTE:
            raise InvalidInput(f"labels[{at}].color", label.color, "1 to 12")


def _free(taken: Collection[str]) -> str:
    """The keys that a label could have."""
    return " ".join(one for one in layers.LABEL_KEYS if one not in taken)


def check_edit(project: Project, after: ProjectSettings) -> None:
    """As `check`, and against what the project holds."""
    check(after)
    if after.redundancy < project.settings.redundancy:
        _check_lower(project, after.redundancy)


def is_slug(given: str) -> bool:
    return bool(_SLUG.fullmatch(given))


def _check_lower(project: Project, redundancy: int) -> None:
    """Raises `InvalidInput` where posts have more answers already than would be wanted."""
    answered = Assignment.objects.filter(project=project, state=Assignment.State.ANSWERED).order_by().values("task")
    most = answered.annotate(count=Count("pk")).filter(count__gt=redundancy).aggregate(most=Max("count"))["most"]
    if most:
        raise InvalidInput("redundancy", redundancy, f"at least {most}: there are posts with {most} answers already")


def newest_settings(labels: ObjectStore, slug: str) -> ProjectSettings:
    """The settings after the newest event; raises `ObjectMissing` where there is none."""
    newest = None
    with contextlib.suppress(ObjectMissing):
        newest = _read(labels, _settings_key(slug))
    # A crash between an event and the settings leaves these behind.
    while True:
        try:
            newest = _read(labels, event_key(slug, newest.n + 1 if newest else 1))
        except ObjectMissing:
            if newest is None:
                raise
            return newest


def _read(labels: ObjectStore, key: str) -> ProjectSettings:
    return ProjectSettings.from_json(json.loads(labels.get(key).body))


def _record(settings: ProjectSettings) -> Project:
    labels, slug = cloud().labels, settings.project
    try:
        labels.put_new(event_key(slug, settings.n), _bytes(settings))
    except ObjectExists:
        first = _read(labels, event_key(slug, settings.n))
        if first == settings:  # our own, before a crash or a time-out
            return _finish(labels, settings)
        _finish(labels, first)
        raise Changed(f"{slug}: event {settings.n} was made by {first.by} at {first.at}") from None
    return _finish(labels, settings)


def _finish(labels: ObjectStore, settings: ProjectSettings) -> Project:
    """Writes `settings.json` and the row after an event. Of two writers the later repairs what the earlier overtook."""
    labels.put(_settings_key(settings.project), _bytes(settings))
    newest = newest_settings(labels, settings.project)
    if newest.n != settings.n:
        labels.put(_settings_key(settings.project), _bytes(newest))
    return index(newest)


def index(settings: ProjectSettings) -> Project:
    """The row of a project, made or brought up to these settings where it is behind them."""
    columns = {"name": settings.name, "event": settings.n, "body": settings.to_json()}
    with transaction.atomic():
        made, new = Project.objects.get_or_create(slug=settings.project, defaults={**columns, "fitted": settings.n})
        project = Project.objects.select_for_update(no_key=True).get(pk=made.pk)
        if not new and project.event < settings.n:
            before = project.settings
            if project.fitted == before.n and _fitting(before) == _fitting(settings):
                columns["fitted"] = settings.n
            Project.objects.filter(pk=project.pk).update(**columns)
            project.refresh_from_db()
    return project


def _fitting(settings: ProjectSettings) -> tuple[object, ...]:
    """What the tasks are fitted to."""
    return settings.redundancy, settings.redundancy_share, settings.order, settings.label_ended


def _bytes(settings: ProjectSettings) -> bytes:
    return json.dumps(settings.to_json(), ensure_ascii=False, sort_keys=True, indent=1).encode()


def event_key(slug: str, n: int) -> str:
    return f"projects/{slug}/events/{n}.json"


def _settings_key(slug: str) -> str:
    return f"projects/{slug}/settings.json"
