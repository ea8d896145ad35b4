"""Runs of configured sources: which are due, and the report of each."""

import fcntl
import logging
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import orjson

from pipeline.crawls import CrawlReport, SourceSettings, is_due, run_name
from pipeline.ports import ObjectExists, ObjectStore
from pipeline.schema import SchemaError, timestamp
from scraper.report import Report

logger = logging.getLogger(__name__)

LOOK_BACK = timedelta(days=60)  # a source whose last run is older is due anyway


class AlreadyRunning(Exception):
    """Another process on this machine crawls this source now."""


@contextmanager
def alone(source: str, stack: str) -> Iterator[None]:
    """One crawl of a source at a time: the second would ask for the same pages, and send none of them.

    `stack`: what tells one deployment from another. The lock goes with the process, however that ends. Raises
    `AlreadyRunning`.
    """
    name = sha256(f"{stack}\n{source}".encode()).hexdigest()[:16]
    path = Path(tempfile.gettempdir()) / f"labelmill-{os.getuid()}-{name}.lock"
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise AlreadyRunning(f"{source} is being crawled already; try again when that crawl has ended") from error
        yield


def due(store: ObjectStore, now: datetime) -> Iterator[SourceSettings]:
    """The sources to run now, each read when it comes to it. One that cannot be read is told, and left out."""
    for listed in store.list("sources/"):
        if not listed.key.endswith(".json"):
            continue
        try:
            source = SourceSettings.from_json(orjson.loads(store.get(listed.key).body))
        except (SchemaError, orjson.JSONDecodeError) as error:
            logger.error("%s is left out: %s", listed.key, error)
            continue
        if is_due(source, last(store, source.source, now), now):
            yield source


def last(store: ObjectStore, source: str, now: datetime) -> CrawlReport | None:
    """The newest report of a source."""
    prefix = f"crawls/{source}/"
    newest = ""
    for listed in store.list(prefix, start_after=f"{prefix}{run_name(now - LOOK_BACK)}"):
        if listed.key.endswith("Z.json"):
            newest = listed.key
    return CrawlReport.from_json(orjson.loads(store.get(newest).body)) if newest else None


def begin(store: ObjectStore, source: str, project: str, now: datetime) -> CrawlReport | None:
    """The report of a run that begins now; None when another has begun it in this minute."""
    report = CrawlReport(source, project, run_name(now), timestamp(now))
    try:
        store.put_new(report.key, orjson.dumps(report.to_json()))
    except ObjectExists:
        return None
    return report


def record(store: ObjectStore, project: str, started: datetime, done: Report, now: datetime) -> None:
    """The report of a run that nobody scheduled, once it has ended."""
    end(store, CrawlReport(done.source, project, run_name(started), timestamp(started)), done, now)


def end(store: ObjectStore, report: CrawlReport, done: Report, now: datetime) -> CrawlReport:
    ended = replace(report, ended_at=timestamp(now), failure=done.failure, counts=done.to_json())
    store.put(report.key, orjson.dumps(ended.to_json()))
    return ended
