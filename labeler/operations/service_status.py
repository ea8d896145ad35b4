"""What the dashboard says of queues, crawls and jobs: what the worker saw, and how long ago that is."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from labeler.operations import charts
from labeler.operations.models import Observation

LATE = timedelta(minutes=10)  # after so long without a look no worker can be running


def shown(queues: Iterable[dict[str, Any]]) -> dict[str, Any]:
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


def _crawl(report: dict[str, Any], now: datetime) -> dict[str, Any]:
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
