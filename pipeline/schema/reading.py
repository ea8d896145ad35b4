"""Fields out of JSON values, each checked: what every schema is read by."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar

Json = dict[str, Any]
T = TypeVar("T")


class SchemaError(ValueError):
    """A message or object that does not fit its schema; says the field, what was given and what is allowed."""


def timestamp(when: datetime) -> str:
    """`when`, which must know its zone, as RFC 3339 in UTC with microseconds."""
    if when.tzinfo is None:
        raise ValueError(f"a time without a zone: {when!r}")
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def take(data: Json, name: str, kind: type[T]) -> T:
    """Removes and returns a field, so that what remains at the end is `extra`."""
    value = data.pop(name, None)
    # bool is an int in Python, never on the wire; a whole number stands for a float.
    if kind is float and type(value) is int:
        value = float(value)
    if not isinstance(value, kind) or (type(value) is bool and kind is not bool):
        raise SchemaError(f"field {name!r}: given {value!r:.80}, allowed: {kind.__name__}")
    return value


def optional(data: Json, name: str, default: T) -> T:
    """As `take`, for a field that older writers did not know."""
    return take(data, name, type(default)) if name in data else default


def ints(data: Json, name: str) -> tuple[int, ...]:
    values = take(data, name, list)
    for at, value in enumerate(values):
        if type(value) is not int or value < 0:
            raise SchemaError(f"field '{name}[{at}]': given {value!r:.80}, allowed: a whole number from 0")
    return tuple(values)


def objects(data: Json, name: str) -> list[Json]:
    values = take(data, name, list)
    for at, value in enumerate(values):
        if not isinstance(value, dict):
            raise SchemaError(f"field '{name}[{at}]': given {value!r:.80}, allowed: an object")
    return values


def opened(value: object, schema: str) -> Json:
    """A copy of a JSON object of the named schema, without its `schema` field."""
    if not isinstance(value, Mapping):
        raise SchemaError(f"given {value!r:.80}, allowed: an object with schema {schema!r}")
    data = dict(value)
    given = data.pop("schema", None)
    if given != schema:
        raise SchemaError(f"field 'schema': given {given!r:.80}, allowed: {schema!r}")
    return data
