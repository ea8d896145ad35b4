"""Filters whose choices come from short lists, never from a DISTINCT over a million rows."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from labeler.labeling.models import LabeledSpan, Project, Task


class ProjectFilter(admin.SimpleListFilter):
    title = parameter_name = "project"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(str(key), name) for key, name in Project.objects.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(project=self.value()) if self.value() else queryset


class StateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return list(Task.State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(task__state=self.value()) if self.value() else queryset


class LabelFilter(admin.SimpleListFilter):
    """Annotations that hold a span of this label."""

    title = parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = {label.name for project in Project.objects.all() for label in project.settings.labels}
        return [(name, name) for name in sorted(names)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(pk__in=LabeledSpan.objects.filter(label=self.value()).values("annotation"))


class StoredFilter(admin.SimpleListFilter):
    title, parameter_name = "in S3", "stored"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "waiting"), ("yes", "stored")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(stored_at__isnull=self.value() == "no") if self.value() else queryset
