"""Parquet from elsewhere, or edited by hand: each row that is off is named, and the others are taken."""

import io
from datetime import UTC, datetime
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.formats.ranges import Ranges
from pipeline.formats.record import Mark, Record

CLASSES = {
    "info": {
        "features": {
            "tokens": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "List"},
            "ner_tags": {"feature": {"names": ["O", "B-A", "I-A"], "_type": "ClassLabel"}, "_type": "List"},
        }
    }
}


def file(rows: list[dict[str, Any]], metadata: object = None) -> bytes:
    table = pa.Table.from_pylist(rows)
    out = io.BytesIO()
    pq.write_table(table.replace_schema_metadata({"huggingface": orjson.dumps(metadata)} if metadata else None), out)
    return out.getvalue()


def own(**changed: object) -> dict[str, Any]:
    span = {"start": 0, "end": 3, "label": "A", "layer": ""}
    row = {"id": "p", "text": "abc def", "tokens": ["abc", "def"], "starts": [0, 4], "ends": [3, 7], "spans": [span]}
    return {**row, "by": "", "meta": '{"url": "u"}', **changed}


GOOD = Record("abc def", (Mark(0, 3, "A"),), "p", Ranges.of([(0, 3), (4, 7)]), meta={"url": "u"})


@pytest.mark.parametrize(
    ("changed", "field", "outcome"),
    [
        ({"spans": [{"start": 0, "end": 99, "label": "A", "layer": ""}]}, "span 1", "lost"),
        ({"spans": [{"start": -1, "end": 2, "label": "A", "layer": ""}]}, "span 1", "lost"),
        ({"spans": [{"start": 0, "end": 3, "label": None, "layer": ""}]}, "span 1", "lost"),
        ({"starts": [0, 9], "ends": [3, 12]}, "source_tokens 2", "lost"),
        ({"ends": [3]}, "ends", "refused"),
        ({"meta": "no JSON"}, "meta", "refused"),
        ({"meta": "[1]"}, "meta", "refused"),
        ({"text": None}, "text", "refused"),
        ({"text": "  "}, "text", "refused"),
    ],
)
def test_a_row_edited_by_hand_is_named_and_the_next_is_taken(
    changed: dict[str, Any], field: str, outcome: str, read
) -> None:
    first, second = read("parquet", file([own(**changed), own()]))
    assert [(note.row, note.field, note.outcome) for note in first.notes][:1] == [(1, field, outcome)]
    assert (first.record is None) == (outcome == "refused")
    assert second.record == GOOD
    assert not second.notes


@pytest.mark.parametrize(
    ("tags", "tokens", "field"),
    [
        ([1, 2, 7], ["a", "b", "c"], "ner_tags"),
        ([-100, 0, 0], ["a", "b", "c"], "ner_tags"),
        ([1, None, 0], ["a", "b", "c"], "ner_tags"),
        ([1, 2], ["a", "b", "c"], "ner_tags"),
        (None, ["a", "b", "c"], "ner_tags"),
        ([1, 2, 0], ["a", None, "c"], "tokens"),
    ],
)
def test_tags_that_are_no_classes_refuse_their_row_alone(
    tags: list[int] | None, tokens: list[str], field: str, read
) -> None:
    rows: list[dict[str, Any]] = [{"tokens": tokens, "ner_tags": tags}, {"tokens": ["d", "e"], "ner_tags": [1, 2]}]
    first, second = read("parquet", file(rows, CLASSES))
    assert [(note.row, note.field, note.outcome) for note in first.notes] == [(1, field, "refused")]
    assert second.record.marks == (Mark(0, 3, "A"),)


def test_a_text_beside_tagged_tokens_is_said_not_to_be_taken(read) -> None:
    (row,) = read("parquet", file([{"text": "d-e", "tokens": ["d", "e"], "ner_tags": [1, 0]}], CLASSES))
    assert row.record.text == "d e"
    assert [(note.field, note.given, note.outcome) for note in row.notes] == [("text", "'d-e'", "lost")]


def test_texts_alone_are_texts_nobody_has_labelled(read) -> None:
    when = datetime(2026, 5, 4, tzinfo=UTC)
    rows = [{"id": 7, "content": "abc", "when": when, "raw": b"\xff"}, {"id": 8, "content": "def", "when": None}]
    first, second = read("parquet", file(rows))
    assert (first.record.text, first.record.id, first.record.labelled) == ("abc", "7", False)
    assert first.record.meta == {"when": "2026-05-04T00:00:00+00:00", "raw": "b'\\xff'"}
    assert second.record.text == "def"


def test_spans_beside_a_text_are_taken(read) -> None:
    spans = [{"start": 4, "end": 7, "label": "A"}, {"start": 4, "end": 70, "label": "A"}]
    (row,) = read("parquet", file([{"text": "abc def", "entities": spans}]))
    assert row.record.marks == (Mark(4, 7, "A"),)
    assert [(note.field, note.outcome) for note in row.notes] == [("span 2", "lost")]


def test_a_file_without_text_says_which_columns_it_has(read) -> None:
    (row,) = read("parquet", file([{"body": "x"}]))
    assert (row.notes[0].given, row.notes[0].outcome) == ("['body']", "refused")
