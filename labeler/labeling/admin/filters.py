"""Filters whose choices come from short lists, never from a DISTINCT over a million rows."""

from collections.abc import Mapping
from typing import Any

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.fields.json import KT
from django.http import HttpRequest

from labeler.labeling.models import LabeledSpan, Post, Project, Task
from labeler.labeling.pages.fragments import EMPLOYMENT, LANGUAGES, WORKPLACES
from labeler.numbers import read_number

MOST_SOURCES = 5  # offered; any other is found by its address


class ProjectFilter(admin.SimpleListFilter):
    title = parameter_name = "project"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [(str(key), name) for key, name in Project.objects.values_list("pk", "name")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        given = read_number(self.value() or "")
        return queryset if given is None else queryset.filter(project=given)


class StateFilter(admin.SimpleListFilter):
    title = parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return list(Task.State.choices)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(task__state=self.value()) if self.value() else queryset


class EndedFilter(admin.SimpleListFilter):
    """Whether the posting of a post is still there."""

    title, parameter_name = "posting", "ended"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("no", "is there"), ("yes", "has ended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        given = self.value()
        return (
            queryset.exclude(ended="") if given == "yes" else queryset.filter(ended="") if given == "no" else queryset
        )


class DetailFilter(admin.SimpleListFilter):
    """What the posting says of itself, in the words that it has on the token page."""

    words: Mapping[str, str]

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return list(self.words.items())


class EmploymentFilter(DetailFilter):
    title = parameter_name = "employment"
    words = EMPLOYMENT

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        # As text, since not every database looks into lists; the words are no part of each other.
        rows = queryset.alias(employment=KT("details__employment"))
        return rows.filter(employment__contains=f'"{self.value()}"') if self.value() in self.words else queryset


class WorkplaceFilter(DetailFilter):
    title = parameter_name = "workplace"
    words = WORKPLACES

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(details__workplace=self.value()) if self.value() in self.words else queryset


class NearFilter(admin.SimpleListFilter):
    """Posts of which there are others that are nearly the same; with a number, those of one group."""

    title, parameter_name = "near-duplicates", "near"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        given = request.GET.get("near", "")
        return [
            ("yes", "has some"),
            ("no", "has none"),
            *([(given, f"like {given}")] if read_number(given) is not None else []),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        given = self.value() or ""
        if (group := read_number(given)) is not None:
            return queryset.filter(near=group)
        return queryset.filter(near__isnull=given == "no") if given in ("yes", "no") else queryset


class ExactFilter(admin.SimpleListFilter):
    """A column by its exact value, given in the address: its values are too many to list."""

    column: str

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        given = request.GET.get(str(self.parameter_name), "")
        return [(one, one) for one in dict.fromkeys((*self.offered(), *([given] if given else [])))]

    def offered(self) -> list[str]:
        return []

    def has_output(self) -> bool:
        return True

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(**{self.column: self.value()}) if self.value() else queryset


class LanguageFilter(ExactFilter):
    title = parameter_name = column = "language"

    def offered(self) -> list[str]:
        return sorted(LANGUAGES)


class SourceFilter(ExactFilter):
    """Sources by skipping from one to the next in the index, never by a DISTINCT over all posts."""

    title = parameter_name = column = "source"

    def offered(self) -> list[str]:
        found: list[str] = []
        while len(found) < MOST_SOURCES:
            after = Post.objects.filter(source__gt=found[-1]) if found else Post.objects
            following = after.order_by("source").values_list("source", flat=True).first()
            if following is None:
                break
            found.append(following)
        return found


class PostLabelFilter(admin.SimpleListFilter):
    """Posts of which a current answer holds a span of this label."""

    title, parameter_name = "label", "label"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return label_names()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(Exists(LabeledSpan.objects.filter(label=self.value(), post=OuterRef("pk"))))


def label_names() -> list[tuple[str, str]]:
    """Of all projects."""
    names = {label.name for project in Project.objects.all() for label in project.settings.labels}
    return [(name, name) for name in sorted(names)]


class LabelFilter(admin.SimpleListFilter):
    """Annotations that hold a span of this label."""

    title = parameter_name = "label"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return label_names()

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        return queryset.filter(pk__in=LabeledSpan.objects.filter(label=self.value()).values("annotation"))


class StoredFilter(admin.SimpleListFilter):
    title, parameter_name = "in S3", "stored"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, str]]:
        return [("no", "waiting"), ("yes", "stored")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(stored_at__isnull=self.value() == "no") if self.value() else queryset
