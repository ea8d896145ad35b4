"""Labels where no reader looks for them: read, or named with their number, or refused; never passed over."""

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.formats import catalog
from pipeline.formats.ranges import Ranges
from pipeline.formats.record import Mark, Record

RECORD = Record("Kim knows Go", (Mark(0, 3, "P"), Mark(10, 12, "L")), "7", Ranges.of([(0, 3), (4, 9), (10, 12)]))
HOLDS = {  # the field of the labels in what each format writes, and the path of it
    "jsonl": ("spans",),
    "doccano": ("label",),
    "prodigy": ("spans",),
    "label-studio": ("annotations",),
    "skillspan": ("tags_label",),
    "ground-truth": ("labels", "annotations", "entities"),
    "parquet": ("spans",),
}
NAMES = st.text("abcdefghkmqxyz", min_size=3, max_size=8).map(lambda name: f"x_{name}")


def renamed(value: dict[str, Any], path: tuple[str, ...], name: str) -> dict[str, Any]:
    first, *rest = path
    if rest:
        return {**value, first: renamed(value[first], tuple(rest), name)}
    return {name if key == first else key: held for key, held in value.items()}


def nested(value: dict[str, Any], path: tuple[str, ...], name: str) -> dict[str, Any]:
    first = path[0]
    return {**{key: held for key, held in value.items() if key != first}, name: {first: value[first]}}


def moved(value: dict[str, Any], path: tuple[str, ...], name: str) -> dict[str, Any]:
    """Into a list of objects beside."""
    first = path[0]
    return {
        **{key: held for key, held in value.items() if key != first},
        name: [{"a": 1}, {"b": {first: value[first]}}],
    }


def body_of(form: str, value: dict[str, Any]) -> bytes:
    if form == "parquet":
        out = io.BytesIO()
        pq.write_table(pa.Table.from_pylist([value]), out)
        return out.getvalue()
    return json.dumps([value] if form == "label-studio" else value).encode()


def value_of(form: str, body: bytes) -> dict[str, Any]:
    if form == "parquet":
        (row,) = pq.read_table(io.BytesIO(body)).to_pylist()
        return {"text": row["text"], "spans": row["spans"]}
    value = json.loads(body)
    held: dict[str, Any] = value[0] if isinstance(value, list) else value
    return held


@pytest.mark.parametrize("change", [renamed, nested, moved])
@pytest.mark.parametrize("form", HOLDS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=NAMES)
def test_labels_in_another_place_are_never_passed_over(
    form: str, change: Callable[..., dict[str, Any]], name: str, read, written
) -> None:
    body, _ = written(form, [RECORD])
    (row,) = read(form, body_of(form, change(value_of(form, body), HOLDS[form], name)))
    assert row.record is None, "nothing was found in it, and labels are there"
    note = row.notes[-1]
    assert any(sign.isdigit() for sign in note.given + note.allowed)
    assert name in note.field or any(name in one.field for one in row.notes)


@pytest.mark.parametrize("form", ["jsonl", "prodigy", "doccano", "label-studio", "ground-truth", "skillspan"])
def test_labels_beside_those_that_were_read_are_named_with_their_number(form: str, read, written) -> None:
    body, _ = written(form, [RECORD])
    value = value_of(form, body)
    value["second"] = {"layer": [{"from": 0, "to": 3, "kind": "Q"}, {"from": 4, "to": 9, "kind": "R"}]}
    (row,) = read(form, body_of(form, value))
    assert len(row.record.marks) == 2
    assert [(note.field, note.given.split(" ")[0]) for note in row.notes] == [("second.layer", "'2")] or [
        (note.field, note.given.split(" ")[0]) for note in row.notes
    ] == [("second.layer", "2")]


def test_ground_truth_comes_back(read, written) -> None:
    layered = Record("Kim knows Go", (Mark(0, 3, "P", "who"), Mark(10, 12, "L", "what")), "7")
    body, _ = written("ground-truth", [layered])
    (row,) = read("ground-truth", body)
    assert (row.record.text, row.record.id, set(row.record.marks)) == (layered.text, "7", set(layered.marks))
    assert not row.notes
    value = json.loads(body)
    assert value["who"]["annotations"]["labels"] == [{"label": "P"}]
    (row,) = read("ground-truth", b'{"source-ref": "s3://b/k", "source": "x"}')
    assert row.record is None


def test_the_table_of_the_docs_is_what_the_formats_declare() -> None:
    page = (Path(catalog.__file__).parents[2] / "docs/datasets.md").read_text()
    assert "\n".join(catalog.table()) in page
