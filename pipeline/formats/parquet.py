"""Parquet for the Hugging Face `datasets` library, whose typed features stand in the file's own metadata.

Columns: id, text, tokens, one list of class ids for each tag column, spans by offset, meta as JSON.
"""

from array import array
from collections.abc import Iterable, Iterator
from itertools import chain, compress, islice, repeat
from operator import ne
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from . import tags
from .options import Reading, Writing
from .record import Mark, Record, Row, RowRefused
from .sentences import Sentences
from .units import ranges

_GROUP_ROWS = 500
_SPAN = pa.struct({"start": pa.int32(), "end": pa.int32(), "label": pa.string(), "layer": pa.string()})
_OWN = ("id", "text", "tokens", "starts", "ends", "spans", "by", "meta")


def _tag_name(column: tags.Column) -> str:
    return (
        f"{column.name}_tags" if column.layer else ("ner_tags" if not column.depth else f"ner_tags_{column.depth + 1}")
    )


def class_names(labels: Iterable[str]) -> list[str]:
    """The classes of a layer: O, then B- and I- of each label in turn."""
    return ["O", *(f"{state}-{label}" for label in labels for state in "BI")]


def _features(how: Writing) -> dict[str, Any]:
    text = {"dtype": "string", "_type": "Value"}
    number = {"dtype": "int32", "_type": "Value"}
    many: dict[str, Any] = {
        _tag_name(column): {
            "feature": {"names": class_names(how.labels.get(column.layer, ())), "_type": "ClassLabel"},
            "_type": "List",
        }
        for column in how.columns
    }
    span = {"start": number, "end": number, "label": text, "layer": text}
    return {
        "id": text,
        "text": text,
        "tokens": {"feature": text, "_type": "List"},
        "starts": {"feature": number, "_type": "List"},
        "ends": {"feature": number, "_type": "List"},
        **many,
        "spans": {"feature": span, "_type": "List"},
        "by": text,
        "meta": text,
    }


def _schema(how: Writing) -> pa.Schema:
    texts, numbers = pa.list_(pa.string()), pa.list_(pa.int32())
    fields = [("id", pa.string()), ("text", pa.string()), ("tokens", texts), ("starts", numbers), ("ends", numbers)]
    fields += [(_tag_name(column), pa.list_(pa.int64())) for column in how.columns]
    fields += [("spans", pa.list_(_SPAN)), ("by", pa.string()), ("meta", pa.string())]
    metadata = {"huggingface": orjson.dumps({"info": {"features": _features(how)}})}
    return pa.schema(fields, metadata=metadata)


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """Row groups of 500 texts, zstd. Raises `tags.TooNarrow`."""
    schema = _schema(how)
    ids = [
        {name: at for at, name in enumerate(class_names(how.labels.get(column.layer, ())))} for column in how.columns
    ]
    count = 0
    source = iter(records)
    # What hardly repeats is not worth a dictionary.
    repeated = ["tokens.list.element", "by", *(f"{_tag_name(column)}.list.element" for column in how.columns)]
    with pq.ParquetWriter(out, schema, compression="zstd", use_dictionary=repeated) as writer:
        while size := len((group := _group(islice(source, _GROUP_ROWS), count, how, ids))[0]):
            writer.write_table(pa.Table.from_arrays(group, schema=schema))
            count += size
    return count


def _group(batch: Iterable[Record], before: int, how: Writing, ids: list[dict[str, int]]) -> list[pa.Array]:
    """The arrays of the schema's fields. Lists are built flat, with offsets: a hundred values a text."""
    offsets, spans = array("i", [0]), array("i", [0])
    kept: tuple[list[str], list[str], list[str], list[str]] = ([], [], [], [])
    marks: list[Mark] = []
    edges = array("i")  # start, end, start, end, … of the tokens
    tagged = [array("q") for _ in how.columns]
    for number, record in enumerate(batch, before + 1):
        units, text = ranges(record, how.unit), record.text
        found, notes = tags.tag(record.marks, units, how.columns, number)
        for note in notes:
            how.note(note)
        edges.fromlist(list(chain.from_iterable(units)))
        for flat, held, numbers in zip(tagged, found, ids, strict=True):
            base = len(flat)
            flat.frombytes(bytes(flat.itemsize * len(held)))  # O is class 0, and hardly anything else is there
            for at in compress(range(len(held)), map(ne, held, repeat("O"))):
                flat[base + at] = numbers[held[at]]
        offsets.append(len(edges) // 2)
        marks += record.marks
        spans.append(len(marks))
        for column, value in zip(kept, (record.id, text, record.by, orjson.dumps(record.meta).decode()), strict=True):
            column.append(value)
    names, texts, people, metas = (pa.array(column, pa.string()) for column in kept)
    pairs = np.frombuffer(edges, np.int32).reshape(-1, 2)
    return [
        names,
        texts,
        _lists(offsets, _slices(kept[1], offsets, pairs)),
        _lists(offsets, pa.array(pairs[:, 0])),
        _lists(offsets, pa.array(pairs[:, 1])),
        *(_lists(offsets, _flat(flat, pa.int64())) for flat in tagged),
        _lists(spans, _spans(marks)),
        people,
        metas,
    ]


def _slices(texts: list[str], offsets: "array[int]", edges: npt.NDArray[np.int32]) -> pa.Array:
    """The tokens as strings: of each text those from one offset to the next, by code-point ranges (tokens, 2).

    All at once, since Python would make a string of each: a fifth of the time of an export.
    """
    points = np.frombuffer("".join(texts).encode("utf-32-le"), np.uint32)
    sizes = np.fromiter(map(len, texts), np.int64, len(texts))
    starts = edges[:, 0] + np.repeat(np.cumsum(sizes) - sizes, np.diff(offsets))  # in all texts, one after another
    lengths = edges[:, 1].astype(np.int64) - edges[:, 0]
    last = np.cumsum(lengths)
    taken = points[np.repeat(starts - (last - lengths), lengths) + np.arange(lengths.sum())]
    widths = 1 + (taken >= 0x80) + (taken >= 0x800) + (taken >= 0x10000)  # bytes of a code point in UTF-8, RFC 3629
    places = np.concatenate(([0], np.cumsum(widths)))[np.concatenate(([0], last))].astype(np.int32)
    data = taken.tobytes().decode("utf-32-le").encode()
    return pa.Array.from_buffers(pa.string(), len(edges), [None, pa.py_buffer(places), pa.py_buffer(data)])


def _spans(marks: list[Mark]) -> pa.Array:
    return pa.StructArray.from_arrays(
        [
            pa.array([mark.start for mark in marks], pa.int32()),
            pa.array([mark.end for mark in marks], pa.int32()),
            pa.array([mark.label for mark in marks], pa.string()),
            pa.array([mark.layer for mark in marks], pa.string()),
        ],
        fields=list(_SPAN),
    )


def _lists(offsets: "array[int]", values: pa.Array) -> pa.Array:
    return pa.ListArray.from_arrays(_flat(offsets, pa.int32()), values)


def _flat(numbers: "array[int]", kind: pa.DataType) -> pa.Array:
    return pa.Array.from_buffers(kind, len(numbers), [None, pa.py_buffer(numbers)])


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A file of this module, whole; or any Parquet with `tokens` and tag columns, or with `text`."""
    try:
        source = pq.ParquetFile(file)
        info = (source.schema_arrow.metadata or {}).get(b"huggingface", b"{}")
        classes = _classes(orjson.loads(info).get("info", {}).get("features", {}))
        number = 0
        for batch in source.iter_batches(batch_size=_GROUP_ROWS):
            for value in batch.to_pylist():
                number += 1
                try:
                    yield _read_row(number, value, classes, how)
                except RowRefused as error:
                    yield Row(number, None, (error.note(number),))
    except (pa.ArrowException, OSError, ValueError) as error:
        yield Row(1, None, (RowRefused("file", str(error), "a whole Parquet file").note(1),))


def _classes(features: dict[str, Any]) -> dict[str, list[str]]:
    found = {}
    for name, feature in features.items():
        inner = feature.get("feature") if isinstance(feature, dict) else None
        if isinstance(inner, dict) and inner.get("_type") == "ClassLabel":
            found[name] = inner["names"]
    return found


def _read_row(number: int, value: dict[str, Any], classes: dict[str, list[str]], how: Reading) -> Row:
    text, spans = value.get(how.text_field or "text"), value.get("spans")
    tokens = value.get("tokens")
    if isinstance(text, str) and isinstance(spans, list) and isinstance(value.get("starts"), list):
        marks = tuple(Mark(one["start"], one["end"], one["label"], one["layer"]) for one in spans)
        source = tuple(zip(value["starts"], value["ends"], strict=True))
        meta = orjson.loads(value["meta"])
        return Row(number, Record(text, marks, value["id"], source_tokens=source, by=value["by"], meta=meta))
    meta = {name: held for name, held in value.items() if name not in (*classes, *_OWN)}
    if isinstance(tokens, list) and classes:
        layers = [name.removesuffix("_tags").removesuffix("ner") for name in classes]
        columns = [[classes[name][one] for one in value[name]] for name in classes]
        if any(len(column) != len(tokens) for column in columns):
            raise RowRefused("tags", [len(column) for column in columns], f"{len(tokens)}, one a token")
        return Sentences(layers).row(number, tokens, columns, meta=meta)
    raise RowRefused("row", sorted(value), "`tokens` with tags of classes that the file's metadata names, or `spans`")
