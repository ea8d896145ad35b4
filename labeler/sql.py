"""SQL written out, for requests that every labeler makes hundreds of times a day.

Building their queries by the ORM for each request took several times as long as running them.
"""

import re
import zlib
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from functools import cached_property
from itertools import count
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast
from weakref import WeakKeyDictionary

from django.db import connection, models
from django.db.models import BooleanField, CharField, Field, ForeignKey, IntegerField, Model, TextField

M = TypeVar("M", bound=models.Model)
Row = tuple[Any, ...]

MOST_VALUES = 20_000  # values in one statement: SQLite takes 32,766, PostgreSQL 65,535

# Of these the database takes the Python value as it is.
_PLAIN = (CharField, TextField, IntegerField, ForeignKey, BooleanField)

# Connection to PostgreSQL → names of the statements it has planned.
_planned: "WeakKeyDictionary[Any, set[str]]" = WeakKeyDictionary()


class Statement:
    """One statement with `%s` for its values. PostgreSQL plans it once a connection, SQLite does so by itself."""

    def __init__(self, sql: str) -> None:
        self._sql = sql
        numbers = count(1)
        self._numbered = re.sub("%s", lambda _: f"${next(numbers)}", sql)
        marks = ", ".join(["%s"] * (next(numbers) - 1))
        self._name = f"labelmill_{zlib.crc32(sql.encode()):08x}"
        self._execute = f"EXECUTE {self._name} ({marks})" if marks else f"EXECUTE {self._name}"

    def rows(self, *values: object) -> list[Row]:
        with connection.cursor() as cursor:
            self._run(cursor, values)
            found: list[Row] = cursor.fetchall()
        return found

    def row(self, *values: object) -> Row | None:
        """The first row; None when there is none."""
        return next(iter(self.rows(*values)), None)

    def change(self, *values: object) -> int:
        """For a statement that returns no rows: how many it changed."""
        with connection.cursor() as cursor:
            self._run(cursor, values)
            return int(cursor.rowcount)

    def _run(self, cursor: Any, values: Sequence[object]) -> None:
        adapt = connection.ops.adapt_datetimefield_value
        given = [adapt(one) if isinstance(one, datetime) else one for one in values]
        # Where each request has a connection of its own there is nothing to plan ahead for.
        if connection.vendor != "postgresql" or connection.settings_dict["CONN_MAX_AGE"] == 0:
            cursor.execute(self._sql, given)
            return
        planned = _planned.setdefault(connection.connection, set())
        if self._name not in planned:
            cursor.execute(f"PREPARE {self._name} AS {self._numbered}")
            planned.add(self._name)
        cursor.execute(self._execute, given)


class LockingStatement(Statement):
    """A query that locks the rows it finds of the table `of`. SQLite has no such locks: a transaction has them all."""

    def __init__(self, sql: str, of: str) -> None:
        super().__init__(sql)
        self._locking = Statement(f"{sql} FOR UPDATE OF {of}")

    def rows(self, *values: object) -> list[Row]:
        return self._locking.rows(*values) if connection.features.has_select_for_update else super().rows(*values)


class Insertion(Generic[M]):
    """Inserts whole instances of a model."""

    def __init__(self, model: type[M]) -> None:
        self._fields = [one for one in model._meta.concrete_fields if not one.primary_key]
        names = ", ".join(f'"{one.column}"' for one in self._fields)
        marks = ", ".join(["%s"] * len(self._fields))
        table = model._meta.db_table
        self._statement = Statement(f"INSERT INTO {table} ({names}) VALUES ({marks}) RETURNING id")  # noqa: S608

    def save(self, row: M) -> None:
        """As `row.save(force_insert=True)`, for a model without signals or fields that set themselves."""
        values = [one.get_db_prep_save(getattr(row, one.attname), connection) for one in self._fields]
        (row.pk,) = self._statement.row(*values) or (None,)
        row._state.adding, row._state.db = False, connection.alias


class Columns(Generic[M]):
    """The columns of a model, for a statement to select under an alias; then instances of what it found.

    `without`: fields to leave in the database until they are asked for.
    """

    def __init__(self, model: type[M], alias: str, without: Collection[str] = ()) -> None:
        self.model, self._alias = model, alias
        self._fields = [one for one in model._meta.concrete_fields if one.name not in without]
        self._names = [one.attname for one in self._fields]
        self.sql = ", ".join(f'{alias}."{one.column}"' for one in self._fields)

    def __len__(self) -> int:
        return len(self._fields)

    @cached_property
    def _converters(self) -> list[tuple[int, list[Callable[..., Any]], Any]]:
        """Of the columns that need it: position in the row, functions, and what these are told about the column."""
        found = []
        for at, field in enumerate(self._fields):
            column = field.get_col(self._alias)
            if functions := [*connection.ops.get_db_converters(column), *column.get_db_converters(connection)]:
                found.append((at, functions, column))
        return found

    def made(self, values: Sequence[Any]) -> M:
        """An instance of these columns' values, as the ORM would make it."""
        given = list(values)
        for at, functions, column in self._converters:
            for function in functions:
                given[at] = function(given[at], column, connection)
        return self.model.from_db(connection.alias, self._names, given)


class Instances:
    """A statement, and what it finds with an instance in place of the columns of each model; all else comes after them.

    The statement selects the columns first, in the order given here. Instances that a foreign key of another one names
    are that one's, as with `select_related`.
    """

    def __init__(self, sql: str, *columns: "Columns[Any]") -> None:
        self._statement, self._columns = Statement(sql), columns
        self._related = [
            (at, field, other)
            for at, one in enumerate(columns)
            for field in one.model._meta.concrete_fields
            for other, there in enumerate(columns)
            if isinstance(field, ForeignKey) and field.related_model is there.model and other != at
        ]

    def rows(self, *values: object) -> list[Row]:
        return [self._made(row) for row in self._statement.rows(*values)]

    def row(self, *values: object) -> Row | None:
        """The first row; None when there is none."""
        return next(iter(self.rows(*values)), None)

    def _made(self, row: Row) -> Row:
        made: list[Any] = []
        at = 0
        for one in self._columns:
            made.append(one.made(row[at : at + len(one)]))
            at += len(one)
        for which, field, other in self._related:
            if getattr(made[which], field.attname) == made[other].pk:
                field.set_cached_value(made[which], made[other])
        return (*made, *row[at:])


def insert(rows: Sequence[Model]) -> None:
    """Inserts unsaved rows of one model and gives them their keys, in half the time that `bulk_create` takes.

    As with `bulk_create`, no signal is sent.
    """
    if not rows:
        return
    model = type(rows[0])
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    values = [_value(field) for field in fields]
    columns = ", ".join(map(_quoted, fields))
    one = f"({', '.join(['%s'] * len(fields))})"
    at_once = MOST_VALUES // len(fields)
    with connection.cursor() as cursor:
        for at in range(0, len(rows), at_once):
            part = rows[at : at + at_once]
            cursor.execute(
                f"INSERT INTO {connection.ops.quote_name(model._meta.db_table)} ({columns}) "  # noqa: S608
                f"VALUES {', '.join([one] * len(part))} RETURNING {_quoted(model._meta.pk)}",
                [value(row) for row in part for value in values],
            )
            for row, (key,) in zip(part, cursor.fetchall(), strict=True):
                row.pk = key
                row._state.adding, row._state.db = False, connection.alias


def _quoted(field: "Field[Any, Any]") -> str:
    return connection.ops.quote_name(cast(str, field.column))  # no column: many-to-many alone


def _value(field: "Field[Any, Any]") -> Callable[[Model], Any]:
    """What of a row goes into the column of a field."""
    if isinstance(field, _PLAIN) and type(field).pre_save is Field.pre_save:
        return attrgetter(field.attname)
    return lambda row: field.get_db_prep_save(field.pre_save(row, add=True), connection)
