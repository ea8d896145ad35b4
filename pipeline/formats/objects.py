"""Records out of JSON objects: what the formats that carry a text and offsets into it have in common."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from . import leftovers
from .lines import json_rows
from .offsets import Ruler, text_of
from .options import Reading
from .ranges import Ranges
from .record import LOST, Mark, Note, Record, Row, RowRefused, shown

Object = dict[str, Any]

# How tools name the ends of a span.
_EDGES = (("start", "end"), ("start_offset", "end_offset"), ("startOffset", "endOffset"), ("begin", "end"))
READ_BY = "fields that this format reads labels from; --label-field names another"


@dataclass
class Parts:
    """What has been read of one row so far. Fields are taken out of `rest`; what stays there is its `meta`."""

    row: int
    rest: Object
    ruler: Ruler
    marks: list[Mark] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)

    def span(
        self, name: str, start: object, end: object, label: object, surface: object = None, layer: str = ""
    ) -> None:
        mark, notes = self.ruler.mark(self.row, name, start, end, label, surface, layer)
        self.notes += notes
        if mark:
            self.marks.append(mark)

    def spans(self, name: str, values: Iterable[object]) -> None:
        """Marks given as `[start, end, label]`, or as objects with the offsets and a `label`, or several `labels`."""
        for at, value in enumerate(values, 1):
            where = f"{name} {at}"
            if isinstance(value, list | tuple) and len(value) == 3:
                self.span(where, *value)
            elif isinstance(value, Mapping):
                layer = value.get("layer")
                start, end = next((keys for keys in _EDGES if keys[0] in value), _EDGES[0])
                many = value.get("labels")
                for label in many if isinstance(many, list) and many and "label" not in value else [value.get("label")]:
                    self.span(
                        where,
                        value.get(start),
                        value.get(end),
                        label,
                        value.get("text"),
                        layer if isinstance(layer, str) else "",
                    )
            else:
                self.lost(where, value, "[start, end, label] or an object with these")

    def lost(self, name: str, given: object, allowed: str) -> None:
        self.notes.append(Note(self.row, name, shown(given), allowed, LOST))

    def ranges(self, name: str, values: Iterable[object]) -> Ranges | None:
        """Tokens given as `[start, end]` or as objects with these, in the normalised text; None when one is off."""
        held = list(values)
        if (plain := self.ruler.plain(held)) is not None:
            return plain
        found: list[tuple[int, int]] = []
        for at, value in enumerate(held, 1):
            pair = (value.get("start"), value.get("end")) if isinstance(value, Mapping) else value
            if not isinstance(pair, list | tuple) or len(pair) != 2:
                self.lost(name, value, "[start, end] or an object with these, for every token; none is taken")
                return None
            mark, notes = self.ruler.mark(self.row, f"{name} {at}", pair[0], pair[1], "token")
            self.notes += [note for note in notes if note.outcome == LOST]
            if not mark or (found and mark.start < found[-1][1]):
                self.lost(name, value, "tokens in order that do not overlap; none is taken")
                return None
            found.append((mark.start, mark.end))
        return Ranges.of(found)

    def unread(self, values: Mapping[str, Any], answered: bool) -> None:
        """Names what looks like labels in `values`, which nobody read.

        Raises `RowRefused` where there are spans or tags and the row has no labels and is not `answered`: it is not
        as this format has it.
        """
        for path, count, sure in leftovers.descriptions(values):
            if sure and not answered and not self.marks:
                raise RowRefused(path, f"{count} that are not read", READ_BY)
            self.notes.append(Note(self.row, path, count, READ_BY, LOST))

    def record(self, name: str, labelled: bool = True, **known: Any) -> Record:
        self.unread(self.rest, labelled)
        return Record(self.ruler.text, tuple(sorted(self.marks)), name, meta=self.rest, labelled=labelled, **known)


def read_objects(
    file: BinaryIO, how: Reading, text_fields: tuple[str, ...], finish: Callable[[Parts, Reading], Iterable[Record]]
) -> Iterator[Row]:
    """A row for each JSON object; `finish` makes its records, most often one, and may raise `RowRefused`."""
    for number, value in json_rows(file):
        if isinstance(value, RowRefused):
            yield Row(number, None, (value.note(number),))
        else:
            yield from read_object(number, value, how, text_fields, finish)


def read_object(
    number: int,
    value: object,
    how: Reading,
    text_fields: tuple[str, ...],
    finish: Callable[[Parts, Reading], Iterable[Record]],
) -> Iterator[Row]:
    """As `read_objects`, of one object."""
    notes: list[Note] = []
    try:
        if not isinstance(value, dict):
            raise RowRefused("row", value, "a JSON object")
        name = _text_field(value, (how.text_field,) if how.text_field else text_fields)
        parts = Parts(number, value, Ruler(text_of(value.pop(name), name), how.offsets), notes=notes)
        records = list(finish(parts, how))
    except RowRefused as error:
        yield Row(number, None, (*notes, error.note(number)))
        return
    for at, record in enumerate(records):
        yield Row(number, record, () if at else tuple(notes))


def _text_field(value: Object, names: tuple[str, ...]) -> str:
    for name in names:
        if name in value:
            return name
    raise RowRefused("text", sorted(value), f"a field {' or '.join(map(repr, names))}")


def take_id(parts: Parts, how: Reading, *names: str) -> str:
    """The row's own id as text; numbers are ids too."""
    for name in (how.id_field,) if how.id_field else names:
        value = parts.rest.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool):
            del parts.rest[name]
            return str(value)
    if how.id_field:
        raise RowRefused(how.id_field, parts.rest.get(how.id_field), "an id: a text or a whole number")
    return ""


def take_spans(parts: Parts, how: Reading, *names: str) -> list[Any] | None:
    """What is in all of the fields that are lists, each thing once; None when none of them is there."""
    found: list[Any] = []
    there = False
    for name in (how.label_field,) if how.label_field else names:
        held = take_list(parts, name)
        there = there or held is not None
        found += held or []
    return found if there else None


def take_list(parts: Parts, *names: str) -> list[Any] | None:
    """The first of the fields that is a list, taken out; None when none is there."""
    for name in names:
        value = parts.rest.get(name)
        if isinstance(value, list):
            del parts.rest[name]
            return value
        if name in parts.rest and value is not None:
            parts.lost(name, value, "a list")
    return None
