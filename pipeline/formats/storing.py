"""Rows as they can be stored: a file of any format may hold more than JSON in UTF-8 and a database do."""

from dataclasses import replace
from typing import Any

import orjson

from pipeline.storable import HOLDS, TooDeep, storable

from .record import CHANGED, Mark, Note, Record, Row, RowRefused, shown

_DOUBTFUL = b"\\u0000", b"null"  # as JSON writes NUL, and what may stand for NaN


def storable_row(row: Row) -> Row:
    """The row, with what cannot be stored changed in its id, labels, `by` and `meta`, and noted."""
    record = row.record
    if record is None or _stands(record):
        return row
    notes = list(row.notes)

    def clean(field: str, value: Any) -> Any:
        found = storable(value)
        # Of one thing and another that are equal, as 1 and True are, JSON makes a difference.
        if repr(found) != repr(value):
            notes.append(Note(row.number, field, shown(value), f"{HOLDS}; taken as {shown(found)}", CHANGED))
        return found

    try:
        record = replace(
            record,
            id=clean("id", record.id),
            by=clean("by", record.by),
            marks=tuple(
                Mark(mark.start, mark.end, clean("label", mark.label), clean("layer", mark.layer))
                for mark in record.marks
            ),
            meta={clean("name of a field", name): clean(storable(name), value) for name, value in record.meta.items()},
        )
    except TooDeep as error:
        return Row(row.number, None, (*notes, RowRefused("row", record.meta, str(error)).note(row.number)))
    return Row(row.number, record, tuple(notes))


def _stands(record: Record) -> bool:
    names = [(mark.label, mark.layer) for mark in record.marks]
    try:
        packed = orjson.dumps((record.id, record.by, names, record.meta))
    except (orjson.JSONEncodeError, RecursionError):
        return False
    return not any(one in packed for one in _DOUBTFUL)
