"""Rows as they can be stored: JSON in UTF-8 and a database take less than a file of any format may hold."""

import math
from dataclasses import replace
from typing import Any

import orjson

from .record import CHANGED, Mark, Note, Record, Row, RowRefused, shown

# As JSON writes them. PostgreSQL takes no NUL in a text (its documentation, 8.14); null may stand for NaN.
_DOUBTFUL = b"\\u0000", b"null"
_REPLACED = {0: None, **dict.fromkeys(range(0xD800, 0xE000), "\ufffd")}
_LEAST, _MOST = -(1 << 63), (1 << 64) - 1  # of orjson
_DEPTH = 100  # of values in values; orjson stops at 254
_ALLOWED = "what JSON in UTF-8 holds: no NUL, no half of a character, no NaN, numbers within 64 bits"


def storable(row: Row) -> Row:
    """The row, with what cannot be stored changed in its id, labels, `by` and `meta`, and noted."""
    record = row.record
    if record is None or _stands(record):
        return row
    notes = list(row.notes)

    def clean(field: str, value: Any) -> Any:
        found = _clean(value, _DEPTH)
        # Of one thing and another that are equal, as 1 and True are, JSON makes a difference.
        if repr(found) != repr(value):
            notes.append(Note(row.number, field, shown(value), f"{_ALLOWED}; taken as {shown(found)}", CHANGED))
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
            meta={clean("name of a field", name): clean(_text(name), value) for name, value in record.meta.items()},
        )
    except RowRefused as error:
        return Row(row.number, None, (*notes, error.note(row.number)))
    return Row(row.number, record, tuple(notes))


def _stands(record: Record) -> bool:
    names = [(mark.label, mark.layer) for mark in record.marks]
    try:
        packed = orjson.dumps((record.id, record.by, names, record.meta))
    except (orjson.JSONEncodeError, RecursionError):
        return False
    return not any(one in packed for one in _DOUBTFUL)


def _clean(value: Any, depth: int) -> Any:
    if not depth:
        raise RowRefused("row", value, f"values within values, {_DEPTH} deep at most")
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, dict):
        return {_text(str(name)): _clean(held, depth - 1) for name, held in value.items()}
    if isinstance(value, list | tuple):
        return [_clean(held, depth - 1) for held in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool):
        return value
    return value if isinstance(value, int) and _LEAST <= value <= _MOST else _text(str(value))


def _text(text: str) -> str:
    return text.translate(_REPLACED)
