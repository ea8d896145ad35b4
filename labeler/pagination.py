"""Lists of the admin in pages by key: the next page begins behind the last row of this one, however far down it is.

No OFFSET, which reads all rows before the page, and no count of all rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.contrib.admin.views.main import ChangeList
from django.db.models import DateTimeField, Field, Model, Q, QuerySet
from django.http import HttpRequest

from labeler import estimate
from labeler.numbers import read_number

AFTER, BEFORE = "after", "before"
BETWEEN = "~"  # parts of a key in an address
NEAR = 1000

# Another model's rows, of which a filter wants some, and its column that holds the list's primary keys.
#
# PostgreSQL takes the rows that a filter lets through for evenly spread, and walks the list to meet them; where they
# all lie at its far end that takes seconds. An index of the other model says at once where the next ones are.
Leading = tuple["QuerySet[Any]", str]


@dataclass(frozen=True, slots=True)
class Key:
    """The columns that a list is ordered by, the last of them unique; all ascending or all descending."""

    model: type[Model]
    columns: tuple[str, ...]
    descending: bool

    @classmethod
    def of(cls, model: type[Model], ordering: tuple[str, ...]) -> "Key":
        """Raises ValueError for an order that pages cannot be cut from."""
        down = [one.startswith("-") for one in ordering]
        columns = tuple(one.removeprefix("-").replace("pk", "id") for one in ordering)
        if not columns or len(set(down)) > 1 or not model._meta.get_field(columns[-1]).unique:
            raise ValueError(f"ordering: given {ordering}, allowed: all up or all down, the last column unique")
        return cls(model, columns, down[0])

    def written(self, row: Model) -> str:
        return BETWEEN.join(_text(getattr(row, name)) for name in self.columns)

    def read(self, given: str) -> list[Any] | None:
        """The values that `written` gave; None for anything else."""
        parts = given.split(BETWEEN, len(self.columns) - 1)
        if not given or len(parts) != len(self.columns):
            return None
        try:
            return [
                _value(self.model._meta.get_field(name), one) for name, one in zip(self.columns, parts, strict=True)
            ]
        except ValueError:
            return None

    def beyond(self, values: list[Any], forward: bool) -> Q:
        """Rows behind these values, or before them."""
        way = "lt" if self.descending == forward else "gt"
        found = Q()
        for name, value in reversed(list(zip(self.columns, values, strict=True))):
            # The outer condition is what an index can begin at.
            inner = Q(**{f"{name}__{way}": value})
            found = Q(**{f"{name}__{way}e": value}) & (inner | found) if found else inner
        return found


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _value(field: "Field[Any, Any]", given: str) -> Any:
    if isinstance(field, DateTimeField):
        found = datetime.fromisoformat(given)
        if found.tzinfo is None:
            raise ValueError("a time without its zone")
        try:
            return found.astimezone(UTC)
        except OverflowError as error:
            raise ValueError("a time before the first year or after the last in UTC") from error
    if "Integer" in field.get_internal_type() or "AutoField" in field.get_internal_type():
        if (number := read_number(given)) is None:
            raise ValueError("no number")
        return number
    return given


class Pages:
    """Stands where Django's pages have their paginator."""

    template_name = "admin/keyset_pages.html"

    def __init__(self, number: estimate.Estimate, before: str, after: str) -> None:
        self.number, self.before, self.after = number, before, after


class KeysetChangeList(ChangeList):
    """The order is that of the model's admin alone: any other would need an index of its own to be quick."""

    filter_params: dict[str, Any]

    def get_ordering(self, request: HttpRequest, queryset: "QuerySet[Any]") -> list[str]:
        return list(self.model_admin.get_ordering(request))

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in (AFTER, BEFORE)}

    def get_query_string(self, new_params: Mapping[str, Any] | None = None, remove: Any = None) -> str:
        """A link to other filters begins on the first page."""
        kept = self.filter_params
        self.filter_params = {name: value for name, value in kept.items() if name not in (AFTER, BEFORE)}
        try:
            return str(super().get_query_string(new_params, remove))
        finally:
            self.filter_params = kept

    def get_results(self, request: HttpRequest) -> None:
        key = Key.of(self.model, tuple(self.model_admin.get_ordering(request)))
        self._leading: Leading | None = self.model_admin.leading(request)
        before = key.read(request.GET.get(BEFORE, ""))
        after = None if before else key.read(request.GET.get(AFTER, ""))
        rows, back, more = self._page(key, before, after)
        if before and not back and len(rows) < self.list_per_page:  # the first page, and a whole one
            before, after = None, None
            rows, back, more = self._page(key, None, None)
        whole = not (back or more)
        number = estimate.Estimate(len(rows), exact=True) if whole else estimate.of(self.queryset)
        links = [
            self.get_query_string({name: key.written(row)}) if there and rows else ""
            for name, there, row in (
                (BEFORE, back, rows[0] if rows else None),
                (AFTER, more, rows[-1] if rows else None),
            )
        ]
        self.result_list = rows
        # As if these were all: the theme would count, and the pages' links say more.
        self.result_count = self.full_result_count = len(rows)
        self.show_full_result_count = self.show_admin_actions = bool(rows)
        self.can_show_all = self.multi_page = False
        self.paginator = Pages(number, *links)

    def _page(self, key: Key, before: Any, after: Any) -> tuple[list[Any], bool, bool]:
        """The rows of a page, and whether there are any before and behind it."""
        size = self.list_per_page
        if before:
            rows = self._first(self.queryset.filter(key.beyond(before, forward=False)).reverse(), before, forward=False)
            return rows[:size][::-1], len(rows) > size, True
        rows = self._first(self.queryset.filter(key.beyond(after, forward=True) if after else Q()), after, forward=True)
        return rows[:size], bool(after), len(rows) > size

    def _first(self, found: "QuerySet[Any]", start: list[Any] | None, forward: bool) -> list[Any]:
        """One row more than a page has."""
        wanted = self.list_per_page + 1
        if self._leading is not None:
            lead, column = self._leading
            way = "lt" if forward else "gt"
            there = lead.filter(**{f"{column}__{way}": start[0]}) if start else lead
            there = there.order_by(f"{'-' if forward else ''}{column}")
            near = list(there.values_list(column, flat=True).distinct()[:NEAR])
            rows = list(found.filter(pk__range=(min(near), max(near)))[:wanted]) if near else []
            if len(rows) == wanted or len(near) < NEAR:
                return rows
        return list(found[:wanted])
