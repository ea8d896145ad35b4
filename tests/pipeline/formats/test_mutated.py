"""Files that are damaged in any way: no reader raises, and each row is taken or named, in sound values."""

import io
import json
import random
import zlib
from collections.abc import Callable
from typing import Any

import msgpack
import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.formats.catalog import WRITTEN
from pipeline.formats.ranges import Ranges
from pipeline.formats.record import Mark, Record

RECORDS = [
    Record(
        "Ärztin 😀 kennt Python und SQL.",
        (Mark(0, 6, "A"), Mark(15, 21, "B"), Mark(15, 29, "B", "x")),
        "p1",
        Ranges.of([(0, 6), (7, 8), (9, 14), (15, 21), (22, 25), (26, 29), (29, 30)]),
        meta={"k": "v"},
        by="one",
    ),
    Record("abc def", (), "p2", Ranges.of([(0, 3), (4, 7)])),
]
JUNK: tuple[Any, ...] = (
    None,
    -1,
    10**30,
    0,
    1.5,
    "x",
    "",
    [],
    {},
    True,
    [None],
    {"start": None},
    "\ud800",
    [1, 2, 3],
    [[1, 2]],
    -100,
)
FIELDS = ("text", "spans", "tokens", "label", "meta", "id")


def check(rows: list[Any]) -> None:
    for row in rows:
        assert row.record is not None or row.notes
        if row.record is None:
            continue
        for mark in row.record.marks:
            assert 0 <= mark.start < mark.end <= len(row.record.text)
            assert mark.label
        orjson.dumps([row.record.id, row.record.by, row.record.meta, [mark.label for mark in row.record.marks]])


@pytest.mark.parametrize("form", WRITTEN)
def test_bytes_changed_lost_and_put_in(form: str, read, written) -> None:
    body, _ = written(form, RECORDS)
    drawn = random.Random(form)
    for _ in range(150):
        damaged = bytearray(body)
        for _ in range(drawn.randint(1, 4)):
            at = drawn.randrange(len(damaged))
            damaged[at : at + drawn.choice([0, 1, 1, 20])] = drawn.randbytes(drawn.choice([0, 1, 1, 5])) or b"x"
        check(read(form, bytes(damaged)))


def mutated(value: Any, drawn: random.Random) -> Any:
    """The value with some of its parts left out, replaced or put in."""
    if drawn.random() < 0.15:
        return drawn.choice(JUNK)
    if isinstance(value, dict):
        found = {
            name: mutated(held, drawn) if drawn.random() < 0.4 else held
            for name, held in value.items()
            if drawn.random() > 0.05
        }
        return {**found, drawn.choice(FIELDS): drawn.choice(JUNK)} if drawn.random() < 0.05 else found
    if isinstance(value, list):
        return [mutated(held, drawn) if drawn.random() < 0.4 else held for held in value]
    return value if drawn.random() < 0.6 else drawn.choice(JUNK)


def json_lines(body: bytes, change: Callable[[Any], Any]) -> bytes:
    return b"\n".join(json.dumps(change(json.loads(line))).encode() for line in body.splitlines())


def one_json(body: bytes, change: Callable[[Any], Any]) -> bytes:
    return json.dumps(change(json.loads(body))).encode()


def docbin(body: bytes, change: Callable[[Any], Any]) -> bytes:
    return zlib.compress(msgpack.packb(change(msgpack.unpackb(zlib.decompress(body), strict_map_key=False))))


def parquet(body: bytes, change: Callable[[Any], Any]) -> bytes:
    table = pq.read_table(io.BytesIO(body))
    rows = [row for row in map(change, table.to_pylist()) if isinstance(row, dict)]
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows).replace_schema_metadata(table.schema.metadata), out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("form", "rebuilt"),
    [
        ("jsonl", json_lines),
        ("prodigy", json_lines),
        ("skillspan", json_lines),
        ("doccano", json_lines),
        ("label-studio", one_json),
        ("docbin", docbin),
        ("parquet", parquet),
    ],
)
def test_values_changed_lost_and_put_in(form: str, rebuilt: Callable[..., bytes], read, written) -> None:
    body, _ = written(form, RECORDS)
    drawn = random.Random(form)
    tried = 0
    while tried < 300:
        try:
            damaged = rebuilt(body, lambda value: mutated(value, drawn))
        except (TypeError, ValueError, OverflowError, pa.ArrowException):
            continue  # such a file cannot be written
        tried += 1
        check(read(form, damaged))
