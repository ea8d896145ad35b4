"""JSON values to frozen dataclasses and back, each field checked: what every schema is read and written by."""

import functools
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, TypeVar, cast, get_args, get_origin

Json = dict[str, Any]
T = TypeVar("T")


class SchemaError(ValueError):
    """A message or object that does not fit its schema; says the field, what was given and what is allowed."""


def timestamp(when: datetime) -> str:
    """`when`, which must know its zone, as RFC 3339 in UTC with microseconds."""
    if when.tzinfo is None:
        raise ValueError(f"a time without a zone: {when!r}")
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def shown(value: object, most: int = 80) -> str:
    """The beginning of a value, as errors show it; values within a thousand others have no `repr`."""
    try:
        return f"{value!r:.{most}}"
    except RecursionError:
        return f"a {type(value).__name__} within a {type(value).__name__}, very deep"


def take(data: Json, name: str, kind: type[T]) -> T:
    """Removes and returns a field, so that what remains at the end is `extra`."""
    value = data.pop(name, None)
    # bool is an int in Python, never on the wire; a whole number stands for a float.
    if kind is float and type(value) is int and abs(value) < 1 << 64:
        value = float(value)
    if not isinstance(value, kind) or (type(value) is bool and kind is not bool):
        raise SchemaError(f"field {name!r}: given {shown(value)}, allowed: {kind.__name__}")
    return value


def take_each(data: Json, **kinds: Any) -> list[Any]:
    """Removes and returns fields by their types, which are those that a `Record` may have."""
    return [_ways(kind)[0](data, name) for name, kind in kinds.items()]


def take_texts(data: Json, names: Iterable[str]) -> dict[str, str]:
    """Removes and returns fields that are all to be text."""
    return {name: take(data, name, str) for name in names}


def ints(data: Json, name: str) -> tuple[int, ...]:
    values = take(data, name, list)
    # A text has thousands of them: looked at one by one only to say which is wrong.
    if set(map(type, values)) <= {int} and min(values, default=0) >= 0:
        return tuple(values)
    for at, value in enumerate(values):
        if type(value) is not int or value < 0:
            raise SchemaError(f"field '{name}[{at}]': given {shown(value)}, allowed: a whole number from 0")
    return tuple(values)


def texts(data: Json, name: str) -> list[str]:
    values = take(data, name, list)
    for at, value in enumerate(values):
        if not isinstance(value, str):
            raise SchemaError(f"field '{name}[{at}]': given {shown(value)}, allowed: text")
    return values


def objects(data: Json, name: str) -> list[Json]:
    values = take(data, name, list)
    for at, value in enumerate(values):
        if not isinstance(value, dict):
            raise SchemaError(f"field '{name}[{at}]': given {shown(value)}, allowed: an object")
    return values


def opened(value: object, schema: str) -> Json:
    """A copy of a JSON object of the named schema, without its `schema` field; with no name, of any object."""
    if not isinstance(value, Mapping):
        raise SchemaError(f"given {shown(value)}, allowed: an object{f' with schema {schema!r}' if schema else ''}")
    data = dict(value)
    if schema and (given := data.pop("schema", None)) != schema:
        raise SchemaError(f"field 'schema': given {shown(given)}, allowed: {schema!r}")
    return data


# Marks a field that older writers did not know: it may be missing, and is written only where it says something.
LATER = {"later": True}


class Record:
    """Base of a frozen dataclass that is read from and written to a JSON object by the types of its fields.

    A field may be str, int, float, bool, an object (`Json` or a mapping), something with `from_json` and `to_json`, or
    a tuple of texts, of whole numbers from 0, of objects or of such. Every field must be there unless it is `LATER`.
    What is unknown is kept in `extra`, where there is one.
    """

    __slots__ = ()
    SCHEMA: ClassVar[str] = ""  # name/version; empty for a part of other objects
    DEFAULTS: ClassVar[bool] = False  # whether a field that is missing has its default

    @classmethod
    def from_json(cls, value: object) -> Self:
        data = opened(value, cls.SCHEMA)
        wanted = (known for known in cls._wire() if known.name in data or not known.optional)
        found = {known.name: known.read(data, known.name) for known in wanted}
        return cls(**found, extra=data) if "extra" in cls.__slots__ else cls(**found)  # type: ignore[call-arg]

    @classmethod
    def _wire(cls) -> tuple["_Field", ...]:
        return _fields(cls)  # type: ignore[arg-type]  # mypy takes the class for something without a hash

    def to_json(self) -> Json:
        value: Json = {**getattr(self, "extra", {}), **({"schema": self.SCHEMA} if self.SCHEMA else {})}
        for known in self._wire():
            given = getattr(self, known.name)
            if not known.later or given != known.default:
                value[known.name] = known.write(given)
        return value


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    read: Callable[[Json, str], Any]
    write: Callable[[Any], Any]
    optional: bool
    later: bool
    default: Any


@functools.cache
def _fields(cls: type[Record]) -> tuple[_Field, ...]:
    """The fields of a record that stand on the wire, in order."""
    wire = (given for given in fields(cls) if given.name != "extra")  # type: ignore[arg-type]  # each is a dataclass
    return tuple(_of(given, cls.DEFAULTS) for given in wire)


def _of(given: Field[Any], has_defaults: bool) -> _Field:
    default = given.default if given.default_factory is MISSING else given.default_factory()
    later = "later" in given.metadata
    return _Field(
        given.name,
        *_ways(cast(Hashable, given.type)),
        later or (has_defaults and default is not MISSING),
        later,
        default,
    )


@functools.cache
def _ways(kind: Any) -> tuple[Callable[[Json, str], Any], Callable[[Any], Any]]:
    """How a field of this type is read and written."""
    if get_origin(kind) is tuple:
        part = get_args(kind)[0]
        if hasattr(part, "from_json"):
            return lambda data, name: tuple(map(part.from_json, objects(data, name))), lambda value: [
                each.to_json() for each in value
            ]
        take_all = ints if part is int else objects if get_origin(part) else texts
        return lambda data, name: tuple(take_all(data, name)), list
    if hasattr(kind, "from_json"):
        return lambda data, name: kind.from_json(take(data, name, dict)), lambda value: value.to_json()
    if get_origin(kind):
        return lambda data, name: take(data, name, dict), dict
    return lambda data, name: take(data, name, kind), lambda value: value
