"""What is scraped, and what came of it, as objects in the posts bucket: `sources/` in, `crawls/` out.

Admins' side writes the sources, the scraper reads them and writes a report a run; neither imports the other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Self

from pipeline.schema import Json, SchemaError
from pipeline.schema.reading import opened, optional, take

LONGEST_RUN = timedelta(hours=7)  # a run that has not ended by then has died
NAME = re.compile(r"[a-z0-9][a-z0-9._:-]{0,99}", re.I)  # of a source; it is part of keys


@dataclass(frozen=True, slots=True)
class SourceSettings:
    """A configured source: `sources/{source}.json`."""

    SCHEMA: ClassVar[str] = "source/1"

    source: str  # its name, which scopes the ids of its posts: never changed
    address: str  # as the scraper's command takes it: https://…, greenhouse:acme, feed:https://…
    project: str
    every_minutes: int = 1440
    enabled: bool = True
    fields: Mapping[str, str] = field(default_factory=dict)
    limit: int = 0  # posts of one run; 0: all
    requested_at: str = ""  # when somebody last asked for a run now
    extra: Json = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.source):
            raise SchemaError(f"field 'source': given {self.source!r:.80}, allowed: letters a-z, digits and ._:-")
        if self.every_minutes < 1:
            raise SchemaError(f"field 'every_minutes': given {self.every_minutes}, allowed: a whole number from 1")
        for name, value in self.fields.items():
            if not isinstance(name, str) or not isinstance(value, str):
                raise SchemaError(f"field 'fields': given {value!r:.80} for {name!r:.40}, allowed: text")

    @property
    def key(self) -> str:
        return f"sources/{self.source}.json"

    @classmethod
    def from_json(cls, value: object) -> Self:
        data = opened(value, cls.SCHEMA)
        return cls(
            take(data, "source", str),
            take(data, "address", str),
            take(data, "project", str),
            optional(data, "every_minutes", 1440),
            optional(data, "enabled", True),
            optional(data, "fields", {}),
            optional(data, "limit", 0),
            optional(data, "requested_at", ""),
            data,
        )

    def to_json(self) -> Json:
        return {
            **self.extra,
            "schema": self.SCHEMA,
            "source": self.source,
            "address": self.address,
            "project": self.project,
            "every_minutes": self.every_minutes,
            "enabled": self.enabled,
            "fields": dict(self.fields),
            "limit": self.limit,
            "requested_at": self.requested_at,
        }


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """One run of one source: `crawls/{source}/{run}.json`, written when it begins and again when it ends."""

    SCHEMA: ClassVar[str] = "crawl/1"

    source: str
    project: str
    run: str  # sorts by time: 20260131T093000Z
    started_at: str
    ended_at: str = ""  # empty while it runs
    failure: str = ""  # why it counts as failed
    counts: Json = field(default_factory=dict)  # scraped, unique, sent, new, changed, unchanged, skipped, errors, …
    extra: Json = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"crawls/{self.source}/{self.run}.json"

    @classmethod
    def from_json(cls, value: object) -> Self:
        data = opened(value, cls.SCHEMA)
        return cls(
            take(data, "source", str),
            take(data, "project", str),
            take(data, "run", str),
            take(data, "started_at", str),
            optional(data, "ended_at", ""),
            optional(data, "failure", ""),
            optional(data, "counts", {}),
            data,
        )

    def to_json(self) -> Json:
        return {
            **self.extra,
            "schema": self.SCHEMA,
            "source": self.source,
            "project": self.project,
            "run": self.run,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "failure": self.failure,
            "counts": self.counts,
        }


def run_name(at: datetime) -> str:
    """To the minute: of two that begin the same source in one minute, only one can write its report."""
    return f"{at.astimezone(UTC):%Y%m%dT%H%M00Z}"


def is_due(source: SourceSettings, last: CrawlReport | None, now: datetime) -> bool:
    """True when a run of the source should begin now, given its newest report."""
    if last is None:
        return source.enabled or bool(source.requested_at)
    started = datetime.fromisoformat(last.started_at)
    if not last.ended_at and now - started < LONGEST_RUN:
        return False
    if source.requested_at and datetime.fromisoformat(source.requested_at) > started:
        return True
    return source.enabled and now - started >= timedelta(minutes=source.every_minutes)
