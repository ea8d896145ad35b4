"""What no JSON or database can hold is changed and said, and hides no other row."""

import json
from typing import Any

import orjson
import pytest

from pipeline.formats.catalog import storable_row
from pipeline.formats.ranges import Ranges
from pipeline.formats.record import Mark, Record, Row


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("\ud800x", "\ufffdx"),
        ("a\0b", "ab"),
        (1 << 63, str(1 << 63)),
        (-(1 << 63) - 1, str(-(1 << 63) - 1)),
        (float("nan"), None),
        (float("-inf"), None),
        ({"k\0": ["\udfff", {"n": 10**40}]}, {"k": ["\ufffd", {"n": str(10**40)}]}),
        ({1: b"x"}, {"1": "b'x'"}),
    ],
)
def test_a_value_of_meta(given: object, stored: object) -> None:
    row = storable_row(Row(3, Record("abc", meta={"kept": 1, "odd": given, "none": None})))
    assert row.record is not None
    assert row.record.meta == {"kept": 1, "odd": stored, "none": None}
    assert [(note.row, note.field, note.outcome) for note in row.notes] == [(3, "odd", "changed")]
    orjson.dumps(row.record.meta)


@pytest.mark.parametrize("given", [None, True, 1.5, (1 << 63) - 1, "null", "\\u0000", ["é", {"a": []}]])
def test_what_can_be_stored_stays(given: object) -> None:
    row = Row(1, Record("abc", (Mark(0, 1, "A"),), "x", Ranges.of([(0, 3)]), meta={"held": given}, by="y"))
    assert storable_row(row) == row


def test_names_too() -> None:
    row = storable_row(Row(1, Record("abc", (Mark(0, 1, "A\0", "\ud8001"),), "i\0", by="\udc00", meta={"\0k": 1})))
    assert row.record == Record("abc", (Mark(0, 1, "A", "\ufffd1"),), "i", by="\ufffd", meta={"k": 1})
    assert [note.field for note in row.notes] == ["id", "by", "label", "layer", "name of a field"]


def test_values_in_values_without_end_refuse_their_row_alone(read) -> None:
    body = b"\n".join(json.dumps({"text": "abc", "deep": deep(levels)}).encode() for levels in (90, 600, 1))
    rows = read("jsonl", body)
    assert [row.record is not None for row in rows] == [True, False, True]
    assert rows[1].notes[-1].outcome == "refused"


def test_every_format_is_read_so(read) -> None:
    rows = read("jsonl", b'{"text": "one", "note": "\\ud800"}\n{"text": "two", "spans": [[0, 3, "\\udc00"]]}\n')
    assert [row.record.text for row in rows] == ["one", "two"]
    assert rows[0].record.meta == {"note": "\ufffd"}
    assert rows[1].record.marks == (Mark(0, 3, "\ufffd"),)
