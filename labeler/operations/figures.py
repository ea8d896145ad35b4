"""What the worker counts of each project for reviewers, streamed at constant memory; pages only read the result."""

import threading
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Count, Max, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from labeler.adjudication.agreement.matches import Matches, by_label, total
from labeler.adjudication.agreement.tally import Tally
from labeler.adjudication.models import Gold
from labeler.labeling.models import Annotation, Project, Task
from labeler.labeling.models.post import unpack
from labeler.operations.models import Daily, Figures
from pipeline import labelset
from pipeline.schema import Json

PAGE = 500  # tasks in memory at a time
LEAST_SECONDS, TIMES = 60, 20  # counting anew waits a minute, or 20 times as long as it took
OUTCOMES = ("accepted", "changed", "rejected", "missed")
_COLUMNS = (
    "task", "labeler__labeler_id", "n", "spans", "settings_event", "suggestions", "submitted_at",
    "task__post__post_id", "task__post__revision",
)  # fmt: skip


def run(stopping: threading.Event) -> "Counter[str]":
    """The worker's part: projects with answers newer than their figures. Housekeeping, so it tells of nothing done."""
    for project in Project.objects.all():
        if stopping.is_set():
            break
        newest = Annotation.objects.filter(project=project).aggregate(newest=Max("pk"))["newest"] or 0
        last = Figures.objects.filter(project=project, name="review").order_by("-day").first()
        if last and (last.body["newest"] == newest or timezone.now() < last.at + _pause(last)):
            continue
        record(project, newest)
    return Counter()


def _pause(last: Figures) -> timedelta:
    return timedelta(seconds=max(LEAST_SECONDS, TIMES * last.seconds))


def record(project: Project, newest: int = 0) -> Figures:
    began = time.monotonic()
    daily(project)
    counted = count(project)
    values = {"at": timezone.now(), "seconds": time.monotonic() - began, "body": {**counted, "newest": newest}}
    found, _ = Figures.objects.update_or_create(
        project=project, name="review", day=timezone.localdate(), defaults=values
    )
    return found


def daily(project: Project) -> None:
    """Answers are never edited, so days before the last one counted stay as they are."""
    last = Daily.objects.filter(project=project).aggregate(last=Max("day"))["last"]
    rows = Annotation.objects.filter(project=project).exclude(kind=Annotation.Kind.WITHDRAWN)
    if last:
        rows = rows.filter(submitted_at__date__gte=last)
    grouped = rows.annotate(day=TruncDate("submitted_at")).order_by().values("day", "labeler")
    made = [
        Daily(project=project, day=one["day"], labeler_id=one["labeler"], answers=one["count"], seconds=one["spent"])
        for one in grouped.annotate(count=Count("pk"), spent=Sum("active_seconds"))
    ]
    with transaction.atomic():
        Daily.objects.filter(project=project, day__gte=last or date.min).delete()
        Daily.objects.bulk_create(made, batch_size=500)


@dataclass
class _Counts:
    tally: Tally = field(default_factory=Tally)
    shown: Counter[str] = field(default_factory=Counter)  # outcomes of suggestions that labelers saw
    hidden: Counter[str] = field(default_factory=Counter)
    gold: dict[str, Matches] = field(default_factory=lambda: defaultdict(Matches))  # by labeler
    gold_posts: Counter[str] = field(default_factory=Counter)


def count(project: Project) -> Json:
    """Agreement, accuracy on decided posts, what became of suggestions, and tasks by state."""
    counts, last = _Counts(), 0
    done = labelset.operations(project.settings)
    while True:
        tasks = Task.objects.filter(project=project, pk__gt=last).exclude(state=Task.State.DELETED)
        ids = tasks.order_by("pk").values_list("pk", flat=True)
        page = list(ids[:PAGE])
        if not page:
            break
        _count_page(project, page, done, counts)
        last = page[-1]
    states = Task.objects.filter(project=project).order_by().values_list("state").annotate(count=Count("pk"))
    return {
        "tasks": dict(states),
        "agreement": counts.tally.to_json(),
        "suggestions": {"shown": _outcomes(counts.shown), "hidden": _outcomes(counts.hidden)},
        "gold": {
            who: {"unit": "span", "posts": counts.gold_posts[who], "f1_exact": _rounded(held.f1_exact)}
            for who, held in sorted(counts.gold.items())
        },
    }


def _count_page(project: Project, page: list[int], done: list[labelset.Operation], counts: _Counts) -> None:
    rows = Annotation.objects.filter(
        project=project, task__gte=page[0], task__lte=page[-1], current=True, kind=Annotation.Kind.LABELS
    )
    wanted = set(page)  # between the first and the last there may be deleted ones
    by_task: dict[int, list[Json]] = defaultdict(list)
    for values in rows.order_by("task", "pk").values_list(*_COLUMNS):
        if values[0] not in wanted:
            continue
        row = dict(zip(_COLUMNS, values, strict=True))
        if done:
            row["spans"] = labelset.spans(row["spans"], row["settings_event"], done)
        held = counts.hidden if row["suggestions"].get("hidden") else counts.shown
        for name in OUTCOMES:
            held[name] += row["suggestions"].get(name, 0)
        held["posts"] += 1
        by_task[row["task"]].append(row)
    several = [task for task, found in by_task.items() if len(found) > 1]
    words = dict(Task.objects.filter(pk__in=several).values_list("pk", "post__packed_words"))
    for task in several:
        found = by_task[task]
        answers = {one["labeler__labeler_id"]: one["spans"] for one in found}
        counts.tally.add(answers, len(unpack(words[task])), max(one["submitted_at"] for one in found))
    gold = Gold.objects.filter(project=project, task__gte=page[0], task__lte=page[-1], current=True)
    for task, spans, settings_event, extra in gold.values_list("task", "spans", "settings_event", "extra"):
        _score(project, by_task.get(task, ()), labelset.spans(spans, settings_event, done), extra, counts)


def _score(project: Project, rows: Any, truth: list[Json], extra: Json, counts: _Counts) -> None:
    """Answers that the decision does not rest on, against it."""
    basis = set(extra.get("basis", ()))
    for row in rows:
        who = row["labeler__labeler_id"]
        post = f"{row['task__post__post_id']}/{row['task__post__revision']}"
        key = f"annotations/{project.slug}/{post}/{who}/{row['n']}.json"
        if key not in basis:
            counts.gold[who].add(total(by_label(_marks(row["spans"]), _marks(truth)).values()))
            counts.gold_posts[who] += 1


def _marks(spans: list[Json]) -> list[tuple[int, int, str]]:
    return [(one["start"], one["end"], one["label"]) for one in spans]


def _outcomes(held: "Counter[str]") -> Json:
    """Counts, and the share of suggestions that labelers gave the same span and label as."""
    suggested = held["accepted"] + held["changed"] + held["rejected"]
    share = round(held["accepted"] / suggested, 4) if suggested else None
    return {"posts": held["posts"], **{name: held[name] for name in OUTCOMES}, "accepted_share": share}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
