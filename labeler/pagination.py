"""Lists in pages by key: the next page begins behind the last row of this one, however far down it is.

No OFFSET, which reads all rows before the page, and no count of all rows.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, Protocol, TypeVar, cast

from django.contrib.admin.views.main import ChangeList
from django.db import connections
from django.db.models import DateTimeField, Field, ForeignObjectRel, Model, Q, QuerySet
from django.db.models.expressions import Combinable
from django.http import HttpRequest

from labeler.numbers import read_number

M = TypeVar("M", bound=Model)

AFTER, BEFORE = "after", "before"
BETWEEN = "~"  # parts of a key in an address
NEAR = 1000
MOST_COUNTED = 1000  # where the database has no planner to ask how many rows a list has

# Another model's rows, of which a filter wants some, and its column that holds the list's primary keys.
#
# PostgreSQL takes the rows that a filter lets through for evenly spread, and walks the list to meet them; where they
# all lie at its far end that takes seconds. An index of the other model says at once where the next ones are.
Leading = tuple["QuerySet[Any]", str]


# Given rows behind a start, or before it and then in reverse: the first of them, by whatever way is quick.
Take = Callable[["QuerySet[Any]", list[Any] | None, bool], list[Any]]


@dataclass(frozen=True, slots=True)
class Estimate:
    """`exact`: nothing was estimated. `least`: there are more."""

    number: int
    exact: bool = False
    least: bool = False

    def __str__(self) -> str:
        if self.exact:
            return f"{self.number:,}"
        return f"over {self.number:,}" if self.least else f"about {_rounded(self.number):,}"


def estimate(rows: "QuerySet[Any]") -> Estimate:
    """What PostgreSQL's planner expects; where another database has no planner to ask, a count that ends early."""
    plain = rows.order_by().select_related(None).values("pk")
    if connections[rows.db].vendor == "postgresql":
        (plan,) = json.loads(plain.explain(format="json"))
        return Estimate(int(plan["Plan"]["Plan Rows"]))
    counted = plain[: MOST_COUNTED + 1].count()
    return Estimate(MOST_COUNTED, least=True) if counted > MOST_COUNTED else Estimate(counted, exact=True)


def _rounded(number: int) -> int:
    """To two digits: more would look as if they were known."""
    step = int(10 ** max(len(str(number)) - 2, 0))
    return round(number / step) * step


@dataclass(frozen=True, slots=True)
class Page(Generic[M]):
    """`before` and `after`: the keys that the neighbouring pages begin at, empty where there is no such page."""

    rows: list[M]
    before: str
    after: str


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
        if not columns or len(set(down)) > 1 or not getattr(model._meta.get_field(columns[-1]), "unique", False):
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

    def page(
        self, rows: "QuerySet[M]", size: int, after: str = "", before: str = "", take: Take | None = None
    ) -> Page[M]:
        """`rows` in the key's order; `after` and `before` as `Page` has them; the first page for what is no key.

        `take` is given as many rows as it wants, and returns at most one more than a page has.
        """

        def first(found: "QuerySet[M]", start: list[Any] | None, forward: bool) -> list[M]:
            return take(found, start, forward) if take else list(found[: size + 1])

        if start := self.read(before):
            found = first(rows.filter(self.beyond(start, forward=False)).reverse(), start, False)
            if len(found) >= size:  # else it is part of the first page
                return self._between(found[:size][::-1], len(found) > size, True)
        elif start := self.read(after):
            found = first(rows.filter(self.beyond(start, forward=True)), start, True)
            return self._between(found[:size], bool(found), len(found) > size)
        found = first(rows, None, True)
        return self._between(found[:size], False, len(found) > size)

    def _between(self, rows: list[M], back: bool, more: bool) -> Page[M]:
        return Page(rows, self.written(rows[0]) if back else "", self.written(rows[-1]) if more else "")


def _text(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)


def _value(field: "Field[Any, Any] | ForeignObjectRel", given: str) -> Any:
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

    def __init__(self, number: Estimate, before: str, after: str) -> None:
        self.number, self.before, self.after = number, before, after


class _ListAdmin(Protocol):
    """What such a list asks of its admin beyond what Django's has."""

    def leading(self, request: HttpRequest) -> Leading | None: ...


class KeysetChangeList(ChangeList):
    """The order is that of the model's admin alone: any other would need an index of its own to be quick."""

    filter_params: dict[str, Any]

    def get_ordering(self, request: HttpRequest, queryset: "QuerySet[Any]") -> list[str | Combinable]:
        return list(self.model_admin.get_ordering(request))

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        found: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in found.items() if name not in (AFTER, BEFORE)}

    def get_query_string(self, new_params: Mapping[str, Any] | None = None, remove: Any = None) -> str:
        """A link to other filters begins on the first page."""
        kept = self.filter_params
        self.filter_params = {name: value for name, value in kept.items() if name not in (AFTER, BEFORE)}
        try:
            return str(super().get_query_string(dict(new_params or {}), remove))
        finally:
            self.filter_params = kept

    def get_results(self, request: HttpRequest) -> None:
        key = Key.of(self.model, tuple(map(str, self.get_ordering(request, self.queryset))))
        self._leading: Leading | None = cast(_ListAdmin, self.model_admin).leading(request)
        given = request.GET
        page: Page[Any] = key.page(
            self.queryset, self.list_per_page, given.get(AFTER, ""), given.get(BEFORE, ""), take=self._first
        )
        rows, whole = page.rows, not (page.before or page.after)
        number = Estimate(len(rows), exact=True) if whole else estimate(self.queryset)
        links = [
            self.get_query_string({name: at}) if at else "" for name, at in ((BEFORE, page.before), (AFTER, page.after))
        ]
        self.result_list = rows
        # As if these were all: the theme would count, and the pages' links say more.
        self.result_count = self.full_result_count = len(rows)
        self.show_full_result_count = self.show_admin_actions = bool(rows)
        self.can_show_all = self.multi_page = False
        self.paginator = Pages(number, *links)

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
