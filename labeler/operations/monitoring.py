"""What the worker sees of queues, crawls and jobs, so that no page waits for AWS; what the dashboard says of it."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import islice

from django.utils import timezone

from labeler.operations import charts, sources
from labeler.operations.models import Observation
from labeler.services import cloud, job_services
from pipeline.ports import Queue, StoreUnavailable
from pipeline.schema import Json, job, timestamp

log = logging.getLogger(__name__)

AT_ONCE = 8
MOST_CRAWLS = 10
MOST_JOBS = 1000  # counted in a state
BEGUN = timedelta(days=60)  # jobs that came into their state before are not counted
ENDED = timedelta(days=1)  # of those that ended, the last day's
_LIVE = (job.UPLOADING, job.PENDING, job.RUNNING, job.ARCHIVING, job.THAWING, job.DELETING)


def run(stopping: threading.Event) -> "Counter[str]":
    """The worker's part: what was last seen long enough ago. Housekeeping, so it tells of nothing done."""
    held = {one.name: one for one in Observation.objects.all()}
    for name, (seconds, look) in LOOKS.items():
        last, now = held.get(name), timezone.now()
        if stopping.is_set() or (last and now - last.at < timedelta(seconds=seconds)):
            continue
        try:
            body = look(last.body if last else {})
        except StoreUnavailable as error:
            log.warning("%s cannot be looked at: %s", name, error)
            continue
        Observation.objects.update_or_create(name=name, defaults={"at": now, "body": body})
    return Counter()


def queues(before: Json) -> Json:
    """By queue: `since` when it has not been empty, and when the oldest failed message was sent, as far as was seen."""
    found, now = cloud().dead_letters, timestamp(timezone.now())

    def look(name: str) -> dict[str, str]:
        dead, live = found[name]
        since = before.get(name, {}).get("since", "") or now
        return {"since": since if sum(live.depth()) else "", "failed": _oldest(dead) if sum(dead.depth()) else ""}

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return dict(zip(found, pool.map(look, found), strict=True))


def _oldest(dead: Queue) -> str:
    """Of the ten that SQS shows."""
    times = [one.sent_at for one in dead.receive(10, visibility_seconds=0) if one.sent_at]
    return timestamp(min(times)) if times else ""


def crawls(before: Json) -> Json:
    """The newest run of each source, the last begun first."""
    shown = sources.everywhere()
    reports = [one.last for one in shown if one.last]
    reports.sort(key=lambda one: one.started_at, reverse=True)
    return {"crawls": [one.to_json() for one in reports[:MOST_CRAWLS]], "sources": len(shown)}


def jobs(before: Json) -> Json:
    """How many are in each state; `more` where there are more than were counted."""
    table, now = job_services().jobs.table, datetime.now(UTC)

    def count(state: str) -> int:
        since = now - (BEGUN if state in _LIVE else ENDED)
        there = table.in_state(state, timestamp(since), timestamp(now + timedelta(minutes=1)))
        return sum(1 for _ in islice(there, MOST_JOBS + 1))

    with ThreadPoolExecutor(AT_ONCE) as pool:
        counts = dict(zip(job.STATES, pool.map(count, job.STATES), strict=True))
    return {"states": {state: min(number, MOST_JOBS) for state, number in counts.items()}, "most": MOST_JOBS}


# Name → seconds between two looks, and how.
LOOKS: dict[str, tuple[int, Callable[[Json], Json]]] = {
    "queues": (15, queues),
    "crawls": (60, crawls),
    "jobs": (300, jobs),
}


LATE = timedelta(minutes=10)  # after so long without a look no worker can be running


def shown(queues: Iterable[Json]) -> Json:
    """`queues`: names with their depths of now. One query."""
    looks, now = {one.name: one for one in Observation.objects.all()}, timezone.now()
    bodies = {name: one.body for name, one in looks.items()}
    ages = bodies.get("queues", {})
    rows = [
        {
            **one,
            "waiting_for": _age(ages.get(one["name"], {}).get("since"), now) if one["waiting"] else "",
            "failed_for": _age(ages.get(one["name"], {}).get("failed"), now) if one["dead"] else "",
        }
        for one in queues
    ]
    states = {state: count for state, count in bodies.get("jobs", {}).get("states", {}).items() if count}
    newest = max((one.at for one in looks.values()), default=None)
    return {
        "queues": rows,
        "depths": charts.levels([(one["name"], one["waiting"] or 0) for one in rows], "messages waiting"),
        "crawls": [_crawl(one, now) for one in bodies.get("crawls", {}).get("crawls", ())],
        "sources": bodies.get("crawls", {}).get("sources", 0),
        "jobs": charts.levels([(state.lower(), count) for state, count in states.items()], "jobs") if states else "",
        "failed_jobs": states.get("FAILED", 0),
        "looked": newest,
        "late": newest is None or now - newest > LATE,
    }


def _crawl(report: Json, now: datetime) -> Json:
    counts, failure = report.get("counts", {}), report.get("failure", "")
    state = "failed" if failure else "ended" if report.get("ended_at") else "runs"
    return {
        "source": report["source"],
        "project": report["project"],
        "ago": _age(report["started_at"], now),
        "state": state,
        "failure": failure,
        "sent": counts.get("sent", 0),
        "errors": counts.get("errors", 0),
    }


def _age(since: str | None, now: datetime) -> str:
    """2 s, 5 min, 3 h, 4 days; empty for none."""
    if not since:
        return ""
    seconds = max((now - datetime.fromisoformat(since)).total_seconds(), 0)
    for size, word in ((86400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds // size:.0f} {word}"
    return f"{seconds:.0f} s"
