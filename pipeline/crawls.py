"""What is scraped, and what came of it, as objects in the posts bucket: `sources/` in, `crawls/` out.

Admins' side writes the sources, the scraper reads them and writes a report a run; neither imports the other.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from pipeline.schema import Json, SchemaError
from pipeline.schema.reading import LATER, Record

LONGEST_RUN = timedelta(hours=7)  # a run that has not ended by then has died
NAME = re.compile(r"[a-z0-9][a-z0-9._:-]{0,99}", re.I)  # of a source; it is part of keys


@dataclass(frozen=True, slots=True)
class SourceSettings(Record):
    """A configured source: `sources/{source}.json`."""

    SCHEMA: ClassVar[str] = "source/1"

    source: str  # its name, which scopes the ids of its posts: never changed
    address: str  # as the scraper's command takes it: https://…, greenhouse:acme, feed:https://…
    project: str
    every_minutes: int = field(default=1440, metadata=LATER)
    enabled: bool = field(default=True, metadata=LATER)
    fields: Mapping[str, str] = field(default_factory=dict, metadata=LATER)
    limit: int = field(default=0, metadata=LATER)  # posts of one run; 0: all
    requested_at: str = field(default="", metadata=LATER)  # when somebody last asked for a run now
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


@dataclass(frozen=True, slots=True)
class CrawlReport(Record):
    """One run of one source: `crawls/{source}/{run}.json`, written when it begins and again when it ends."""

    SCHEMA: ClassVar[str] = "crawl/1"

    source: str
    project: str
    run: str  # sorts by time: 20260131T093000Z
    started_at: str
    ended_at: str = field(default="", metadata=LATER)  # empty while it runs
    failure: str = field(default="", metadata=LATER)  # why it counts as failed
    counts: Json = field(
        default_factory=dict, metadata=LATER
    )  # scraped, unique, sent, new, changed, unchanged, skipped, errors, …
    extra: Json = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"crawls/{self.source}/{self.run}.json"


# Beside the sources and reports; no name of a source begins so.
CONTACT = "sources/_contact.json"  # {"contact": …}: how the owners of sites reach whoever runs this deployment
TRIALS = "sources/_trials/"


def is_source(key: str) -> bool:
    """True for the key of a source's settings."""
    return key.startswith("sources/") and not key.startswith("sources/_") and key.endswith(".json")


@dataclass(frozen=True, slots=True)
class Trial(Record):
    """An address that somebody tries before it becomes a source; the scraper writes it again with what it found."""

    SCHEMA: ClassVar[str] = "trial/1"

    trial: str
    address: str
    project: str
    asked_at: str
    answered_at: str = field(default="", metadata=LATER)
    suggested: str = field(default="", metadata=LATER)  # the address to add, where it is another
    message: str = field(default="", metadata=LATER)
    extra: Json = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"{TRIALS}{self.trial}.json"


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
