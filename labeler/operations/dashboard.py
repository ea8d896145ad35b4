"""The first page of the admin: queues, crawls, jobs, labels per day, agreement, labelers, imports and releases."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import Any

from django.db.models import Max, Sum
from django.http import HttpRequest
from django.utils import timezone

from labeler.accounts.access import member
from labeler.accounts.models import User
from labeler.adjudication.models import Comparison
from labeler.datasets.models import Import, Release
from labeler.labeling.models import Annotation, Project
from labeler.operations import charts, monitoring
from labeler.operations.models import BulkAction, Daily, Figures
from labeler.services import cloud
from pipeline.ports import Queue, StoreUnavailable

DAYS, PAIRS = 30, 10
MOST_COUNTED = 1000
FRESH_SECONDS = 10  # depths asked for by many pages at once are read once
_lock = threading.Lock()
_depths: dict[str, Any] = {"at": 0.0, "rows": []}


def context(request: HttpRequest, found: dict[str, Any]) -> dict[str, Any]:
    """Called by the admin's theme. A constant number of queries, whatever the number of rows and projects."""
    since = timezone.localdate() - timedelta(days=DAYS - 1)
    newest = Figures.objects.filter(name="review").order_by().values("project").annotate(day=Max("day"))
    days = {one["project"]: one["day"] for one in newest}
    rows = Figures.objects.filter(name="review", day__gte=min([since, *days.values()])).select_related("project")
    figures: dict[int, list[Figures]] = {}
    for row in rows.order_by("day"):
        figures.setdefault(row.project_id, []).append(row)
    names = _names(figures)
    return {
        **found,
        **monitoring.shown(queues()),
        "may_redrive": "admin" in member(request).roles,
        "per_day": charts.bars(_per_day(since), "answers"),
        "labelers": (labelers := _labelers(since, figures)),
        "speeds": charts.levels([(one["name"], one["seconds"]) for one in labelers if one["seconds"]], "seconds each"),
        "projects": [_project(project, figures.get(project.pk, []), names) for project in Project.objects.all()],
        "disputed": Comparison.objects.filter(state=Comparison.State.DISPUTED)[: MOST_COUNTED + 1].count(),
        "unstored": Annotation.objects.filter(stored_at__isnull=True)[: MOST_COUNTED + 1].count(),
        "imports": Import.objects.select_related("project").order_by("-pk")[:5],
        "releases": Release.objects.select_related("project").order_by("-pk")[:5],
        "bulk": BulkAction.objects.select_related("project").order_by("-pk")[:5],
    }


def _per_day(since: date) -> list[tuple[str, float]]:
    found = dict(Daily.objects.filter(day__gte=since).order_by().values_list("day").annotate(answers=Sum("answers")))
    return [(f"{day.day} {day:%b}", found.get(day, 0)) for day in (since + timedelta(days=n) for n in range(DAYS))]


def _labelers(since: date, figures: dict[int, list[Figures]]) -> list[dict[str, Any]]:
    """Speed of the busiest, and how they do on posts decided without them."""
    rows = Daily.objects.filter(day__gte=since).order_by().values("labeler__labeler_id", "labeler__username")
    rows = rows.annotate(answers=Sum("answers"), seconds=Sum("seconds")).order_by("-answers")[:10]
    gold: dict[str, list[tuple[int, float]]] = {}
    for several in figures.values():
        for who, held in several[-1].body.get("gold", {}).items():
            if held["f1_exact"] is not None:
                gold.setdefault(who, []).append((held["posts"], held["f1_exact"]))
    return [
        {
            "name": row["labeler__username"],
            "answers": row["answers"],
            "seconds": round(row["seconds"] / row["answers"]) if row["answers"] else None,
            "gold": _mean(gold.get(row["labeler__labeler_id"], [])),
        }
        for row in rows
    ]


def _mean(scored: list[tuple[int, float]]) -> float | None:
    posts = sum(count for count, _ in scored)
    return round(sum(count * score for count, score in scored) / posts, 2) if posts else None


def _names(figures: dict[int, list[Figures]]) -> dict[str, str]:
    """Of the labelers in the pairs that are shown."""
    pairs = [pair for rows in figures.values() for pair in rows[-1].body["agreement"]["pairs"][:PAIRS]]
    shown = {one for pair in pairs for one in pair["labelers"]}
    return dict(User.objects.filter(labeler_id__in=shown).values_list("labeler_id", "username"))


def _project(project: Project, rows: list[Figures], names: dict[str, str]) -> dict[str, Any]:
    body = rows[-1].body if rows else {}
    agreement = body.get("agreement", {})
    weeks = list(agreement.get("weeks", {}).items())[-12:]
    return {
        "project": project,
        "at": rows[-1].at if rows else None,
        "tasks": body.get("tasks", {}),
        "posts": agreement.get("posts", 0),
        "f1": agreement.get("spans", {}).get("f1_exact"),
        "f1_partial": agreement.get("spans", {}).get("f1_partial"),
        "alpha": agreement.get("tokens", {}).get("alpha"),
        "labels": sorted(agreement.get("labels", {}).items(), key=lambda one: one[1]["f1_exact"] or 0),
        "pairs": [
            {**pair, "names": " and ".join(sorted(names.get(one, one) for one in pair["labelers"]))}
            for pair in agreement.get("pairs", ())[:PAIRS]
        ],
        "weeks": charts.line([(week, held["f1_exact"]) for week, held in weeks], "span F1, exact") if weeks else "",
        "suggestions": body.get("suggestions", {}),
    }


def queues() -> list[dict[str, Any]]:
    """Depths of the queues and of where their failures rest; kept for some seconds."""
    with _lock:
        if time.monotonic() - _depths["at"] > FRESH_SECONDS or not _depths["rows"]:
            _depths.update(at=time.monotonic(), rows=_read())
        rows: list[dict[str, Any]] = _depths["rows"]
        return rows


def forget() -> None:
    """The next page asks again, as after a redrive."""
    with _lock:
        _depths["rows"] = []


def _read() -> list[dict[str, Any]]:
    found = cloud().dead_letters
    with ThreadPoolExecutor(8) as pool:
        depths = list(pool.map(lambda pair: (_depth(pair[1]), _depth(pair[0])), found.values()))
    return [
        {"name": name, "waiting": waiting, "dead": dead} for name, (waiting, dead) in zip(found, depths, strict=True)
    ]


def _depth(queue: Queue) -> int | None:
    try:
        return sum(queue.depth())
    except StoreUnavailable:
        return None
