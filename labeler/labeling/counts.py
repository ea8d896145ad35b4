"""Counts per project, for people and for the smoke run."""

from collections import defaultdict
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from labeler.labeling.models import Annotation, Assignment, Project, Task


def by_project() -> dict[str, dict[str, int]]:
    """Posts, tasks by state, live leases, answers (current, not withdrawn), and answers S3 has not taken yet.

    Deleted posts are counted as such alone.
    """
    empty = dict.fromkeys(("posts", *Task.State.values, "leased", "answers", "unstored"), 0)
    found: dict[int, dict[str, int]] = defaultdict(lambda: dict(empty))
    for project, state, count in _grouped(Task.objects.all(), "state"):
        found[project][state] = count
        found[project]["posts"] += count if state != Task.State.DELETED else 0
    for project, count in _grouped(Assignment.objects.filter(leased_until__gt=timezone.now())):
        found[project]["leased"] = count
    answered = Annotation.objects.filter(Q(current=True) & ~Q(kind=Annotation.Kind.WITHDRAWN))
    answered = answered.exclude(task__state=Task.State.DELETED)
    for project, count in _grouped(answered):
        found[project]["answers"] = count
    for project, count in _grouped(Annotation.objects.filter(stored_at__isnull=True)):
        found[project]["unstored"] = count
    return {slug: found[key] for key, slug in Project.objects.order_by("slug").values_list("pk", "slug")}


def _grouped(rows: Any, *by: str) -> Any:
    return rows.order_by().values_list("project", *by).annotate(Count("pk"))
