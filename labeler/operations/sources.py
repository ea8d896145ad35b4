"""The sources of a project, which the scraper visits by their schedule, and how their last runs went; all in S3."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

from django.utils import timezone

from labeler.labeling.models import Project
from labeler.services import cloud
from pipeline.crawls import NAME, CrawlReport, SourceSettings, run_name
from pipeline.errors import InvalidInput
from pipeline.ports import ObjectExists, ObjectMissing
from pipeline.schema import SchemaError, timestamp

LOOK_BACK = timedelta(days=30)
LEAST_MINUTES, MOST_SOURCES = 15, 200


@dataclass(frozen=True, slots=True)
class Shown:
    settings: SourceSettings
    last: CrawlReport | None


def of_project(project: Project) -> list[Shown]:
    """In the order of their names; an object that cannot be read is none."""
    return [Shown(one, _last(one.source)) for one in _all() if one.project == project.slug]


def everywhere() -> list[Shown]:
    """Those of all projects."""
    return [Shown(one, _last(one.source)) for one in _all()]


def _all() -> Iterator[SourceSettings]:
    for at, listed in enumerate(cloud().posts.list("sources/")):
        if at == MOST_SOURCES:
            return
        try:
            yield SourceSettings.from_json(json.loads(cloud().posts.get(listed.key).body))
        except (SchemaError, ValueError, ObjectMissing):
            continue


def _last(source: str) -> CrawlReport | None:
    prefix, since = f"crawls/{source}/", run_name(timezone.now() - LOOK_BACK)
    newest = ""
    for listed in cloud().posts.list(prefix, start_after=f"{prefix}{since}"):
        if listed.key.endswith("Z.json"):
            newest = listed.key
    try:
        return CrawlReport.from_json(json.loads(cloud().posts.get(newest).body)) if newest else None
    except (SchemaError, ValueError, ObjectMissing):
        return None


def add(project: Project, source: str, address: str, every_minutes: int) -> SourceSettings:
    """Raises `InvalidInput`, also for a name that is taken: it scopes the ids of posts, of whichever project."""
    if not NAME.fullmatch(source):
        raise InvalidInput("source", source, "letters a-z, digits and ._:-, at most 100")
    made = SourceSettings(source, _address(address), project.slug, _minutes(every_minutes))
    try:
        cloud().posts.put_new(made.key, _bytes(made))
    except ObjectExists:
        raise InvalidInput("source", source, "a name that no source has yet") from None
    return made


def change(project: Project, source: str, every_minutes: int, enabled: bool) -> tuple[SourceSettings, SourceSettings]:
    """The settings before and after. Its name and address stay: they decide the ids of its posts."""
    before = _read(project, source)
    after = replace(before, every_minutes=_minutes(every_minutes), enabled=enabled)
    cloud().posts.put(after.key, _bytes(after))
    return before, after


def run_now(project: Project, source: str) -> None:
    """The scraper begins with it at its next look, also when it is switched off."""
    found = _read(project, source)
    cloud().posts.put(found.key, _bytes(replace(found, requested_at=timestamp(timezone.now()))))


def _read(project: Project, source: str) -> SourceSettings:
    """Raises `InvalidInput` for what is no source of the project."""
    try:
        found = SourceSettings.from_json(json.loads(cloud().posts.get(f"sources/{source}.json").body))
    except ObjectMissing:
        raise InvalidInput("source", source, "a source of the project") from None
    if found.project != project.slug:
        raise InvalidInput("source", source, "a source of the project")
    return found


def _address(address: str) -> str:
    if not address.strip() or len(address) > 2000:
        raise InvalidInput("address", address, "https://…, or a board as greenhouse:acme")
    return address.strip()


def _minutes(given: int) -> int:
    if not LEAST_MINUTES <= given <= 60 * 24 * 90:
        raise InvalidInput("every_minutes", given, f"{LEAST_MINUTES} minutes to 90 days")
    return given


def _bytes(settings: SourceSettings) -> bytes:
    return json.dumps(settings.to_json(), ensure_ascii=False, sort_keys=True, indent=1).encode()
