"""The columns of a Parquet file, built flat: a hundred values a text."""

from array import array
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pyarrow as pa

from pipeline.schema import Details, Salary

from .record import Mark


def _fields_of(record: type) -> dict[str, Any]:
    return {one.name: one.type for one in fields(record) if one.name != "extra"}


SPAN = pa.struct({"start": pa.int32(), "end": pa.int32(), "label": pa.string(), "layer": pa.string()})
# What postings say beside their texts: a column for each part, empty where the row's meta says nothing of it.
_AMOUNTS = ("minimum", "maximum")
_SALARY = pa.struct([(name, pa.float64() if name in _AMOUNTS else pa.string()) for name in _fields_of(Salary)])
DETAILS = {
    name: _SALARY if name == "salary" else pa.list_(pa.string()) if kind is not str else pa.string()
    for name, kind in _fields_of(Details).items()
} | {"ended": pa.string()}


def features() -> dict[str, Any]:
    """Of the columns of `DETAILS`, as the `datasets` library describes them."""
    text = {"dtype": "string", "_type": "Value"}
    pay = {
        name: {"dtype": "float64" if name in _AMOUNTS else "string", "_type": "Value"} for name in _fields_of(Salary)
    }
    return {
        name: pay if kind == _SALARY else text if kind == pa.string() else {"feature": text, "_type": "List"}
        for name, kind in DETAILS.items()
    }


def said(metas: list[dict[str, Any]]) -> Iterator[pa.Array]:
    """The columns of `DETAILS`."""
    parts = [given if isinstance(given := meta.get("details"), dict) else {} for meta in metas]
    for name, kind in DETAILS.items():
        values = [(meta if name == "ended" else one).get(name) or None for meta, one in zip(metas, parts, strict=True)]
        try:
            yield pa.array(values, kind)
        except (pa.ArrowException, TypeError):  # a field of a file that only has this name
            yield pa.nulls(len(values), kind)


def slices(texts: list[str], offsets: "array[int]", begins: "array[int]", ends: "array[int]") -> pa.Array:
    """The tokens as strings: of each text those from one offset to the next, `begins[i]` to `ends[i]` in code points.

    All at once, since Python would make a string of each: a fifth of the time of an export.
    """
    points = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    before = np.repeat(np.cumsum(sizes) - sizes, np.diff(offsets))  # code points of the texts before a token's own
    starts, stops = before + np.asarray(begins), before + np.asarray(ends)
    steps = np.zeros(len(points) + 1, np.int8)
    holds = starts < stops
    steps[starts[holds]] = 1
    steps[stops[holds]] -= 1  # may be the next one's start
    taken = points[np.cumsum(steps[:-1], dtype=np.int8).view(bool)]
    data = taken.tobytes().decode("utf-32-le").encode()
    last = np.cumsum(stops - starts)  # code points up to the end of each token, blanks left out
    if len(data) > len(taken):  # in bytes of UTF-8, RFC 3629
        widths = 1 + (taken >= 0x80) + (taken >= 0x800) + (taken >= 0x10000).astype(np.int32)
        last = np.concatenate(([0], np.cumsum(widths)))[last]
    places = np.concatenate(([0], last)).astype(np.int32)
    return pa.Array.from_buffers(pa.string(), len(begins), [None, pa.py_buffer(places), pa.py_buffer(data)])


def spans(marks: list[Mark]) -> pa.Array:
    return pa.StructArray.from_arrays(
        [
            pa.array([mark.start for mark in marks], pa.int32()),
            pa.array([mark.end for mark in marks], pa.int32()),
            pa.array([mark.label for mark in marks], pa.string()),
            pa.array([mark.layer for mark in marks], pa.string()),
        ],
        fields=list(SPAN),
    )


def lists(offsets: "array[int]", values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(flat(offsets, pa.int32()), values)


def flat(numbers: "array[int]", kind: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers)])
