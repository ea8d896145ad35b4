"""Runs of configured sources: which are due, and the report of each."""

import fcntl
import logging
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

import orjson

from pipeline.crawls import CONTACT, TRIALS, CrawlReport, SourceSettings, Trial, is_due, is_source, run_name
from pipeline.ports import ObjectExists, ObjectMissing, ObjectStore
from pipeline.schema import SchemaError, timestamp
from scraper.report import Report

logger = logging.getLogger(__name__)

WAITING = timedelta(hours=1)  # nobody waits longer for an answer
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


def name_stack(env: Mapping[str, str]) -> str:
    """Buckets of local stacks are called the same: what tells those apart is where they are."""
    return f"{env.get('ENDPOINT_URL', '')} {env.get('POSTS_BUCKET', '')}"


def read_contact(store: ObjectStore, env: Mapping[str, str]) -> dict[str, str]:
    """The environment with a contact in it: its own, which is then known to the page of sources too, or that page's."""
    own = env.get("LABELMILL_CONTACT", "")
    try:
        kept = str(orjson.loads(store.get(CONTACT).body).get("contact", ""))
    except (ObjectMissing, orjson.JSONDecodeError, AttributeError):
        kept = ""
    if own and own != kept:
        store.put(CONTACT, orjson.dumps({"contact": own}))
    return {**env, "LABELMILL_CONTACT": own or kept}


def trials(store: ObjectStore, now: datetime) -> Iterator[Trial]:
    """Addresses that somebody waits to hear of."""
    for listed in store.list(TRIALS):
        try:
            trial = Trial.from_json(orjson.loads(store.get(listed.key).body))
            waits = not trial.answered_at and now - datetime.fromisoformat(trial.asked_at) < WAITING
        except (SchemaError, ValueError) as error:
            logger.error("%s is left out: %s", listed.key, error)
            continue
        if waits:
            yield trial


def due(store: ObjectStore, now: datetime) -> Iterator[SourceSettings]:
    """The sources to run now, each read when it comes to it. One that cannot be read is told, and left out."""
    for listed in store.list("sources/"):
        if not is_source(listed.key):
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
