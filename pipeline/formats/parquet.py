"""Parquet for the Hugging Face `datasets` library, whose typed features stand in the file's own metadata.

Columns: id, text, tokens, one list of class ids for each tag column, spans by offset, meta as JSON.
"""

from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import compress, islice, repeat
from operator import ne
from typing import Any, BinaryIO

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from . import arrays, jsonl, tags
from .objects import read_object
from .options import Reading, Writing
from .record import LOST, Mark, Note, Record, Row, RowRefused, shown
from .sentences import Sentences
from .units import ranges

_GROUP_ROWS = 500
_OWN = ("id", "text", "tokens", "starts", "ends", "spans", "by", "labelled", "meta")


def _tag_name(column: tags.Column) -> str:
    return (
        f"{column.name}_tags" if column.layer else ("ner_tags" if not column.depth else f"ner_tags_{column.depth + 1}")
    )


def class_names(labels: Iterable[str]) -> list[str]:
    """The classes of a layer: O, then B- and I- of each label in turn."""
    return ["O", *(f"{state}-{label}" for label in labels for state in "BI")]


def _features(how: Writing) -> dict[str, Any]:
    text = {"dtype": "string", "_type": "Value"}
    truth = {"dtype": "bool", "_type": "Value"}
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
        "labelled": truth,
        **arrays.features(),
        "meta": text,
    }


def _schema(how: Writing) -> pa.Schema:
    texts, numbers = pa.list_(pa.string()), pa.list_(pa.int32())
    fields = [("id", pa.string()), ("text", pa.string()), ("tokens", texts), ("starts", numbers), ("ends", numbers)]
    fields += [(_tag_name(column), pa.list_(pa.int64())) for column in how.columns]
    fields += [("spans", pa.list_(arrays.SPAN)), ("by", pa.string()), ("labelled", pa.bool_())]
    fields += [*arrays.DETAILS.items(), ("meta", pa.string())]
    metadata = {"huggingface": orjson.dumps({"info": {"features": _features(how)}})}
    return pa.schema(fields, metadata=metadata)


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """Row groups of 500 texts, zstd. Raises `tags.TooNarrow`, `tags.NotNamed`."""
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
    starts, ends = array("i"), array("i")
    kept: tuple[list[str], list[str], list[str], list[str]] = ([], [], [], [])
    marks: list[Mark] = []
    labelled: list[bool] = []
    groups: list[dict[str, Any]] = []
    tagged = [array("q") for _ in how.columns]
    for number, record in enumerate(batch, before + 1):
        units, text = ranges(record, how.unit), record.text
        found, notes = tags.tag(record.marks, units, how.columns, number)
        for note in notes:
            how.note(note)
        starts.fromlist(units.starts)
        ends.fromlist(units.ends)
        for column, flat, held, numbers in zip(how.columns, tagged, found, ids, strict=True):
            base = len(flat)
            flat.frombytes(bytes(flat.itemsize * len(held)))  # O is class 0, and hardly anything else is there
            for at in compress(range(len(held)), map(ne, held, repeat("O"))):
                if held[at] not in numbers:
                    raise tags.NotNamed(column.layer, held[at][2:])
                flat[base + at] = numbers[held[at]]
        offsets.append(len(starts))
        marks += record.marks
        labelled.append(record.labelled)
        groups.append(record.meta)
        spans.append(len(marks))
        for values, value in zip(kept, (record.id, text, record.by, orjson.dumps(record.meta).decode()), strict=True):
            values.append(value)
    names, texts, people, metas = (pa.array(column, pa.string()) for column in kept)
    return [
        names,
        texts,
        arrays.lists(offsets, arrays.slices(kept[1], offsets, starts, ends)),
        arrays.lists(offsets, arrays.flat(starts, pa.int32())),
        arrays.lists(offsets, arrays.flat(ends, pa.int32())),
        *(arrays.lists(offsets, arrays.flat(flat, pa.int64())) for flat in tagged),
        arrays.lists(spans, arrays.spans(marks)),
        people,
        pa.array(labelled, pa.bool_()),
        *arrays.said(groups),
        metas,
    ]


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A file of this module, whole; or any with `tokens` and columns of classes, or with a text as in JSON lines."""
    try:
        source = pq.ParquetFile(file)
        info = (source.schema_arrow.metadata or {}).get(b"huggingface", b"{}")
        features = orjson.loads(info).get("info", {}).get("features", {})
        classes = _classes(features)
        number = 0
        for batch in source.iter_batches(batch_size=_GROUP_ROWS):
            for value in batch.to_pylist():
                number += 1
                try:
                    yield from _rows(number, _named(value, features), classes, how)
                except RowRefused as error:
                    yield Row(number, None, (error.note(number),))
    except MemoryError:  # Arrow's own is an ArrowException too
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        yield Row(1, None, (RowRefused("file", str(error), "a whole Parquet file").note(1),))


def _named(value: Any, feature: Any) -> Any:
    """The value as its feature means it: names for numbers of classes inside objects, objects for a struct of lists.

    Whole numbers may be floats, as pandas makes them of a column with gaps.
    """
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(feature, dict) and feature.get("_type") in ("Sequence", "List", "LargeList"):
        inner = feature.get("feature")
        if isinstance(value, dict) and isinstance(inner, dict):  # how a sequence of objects was stored up to 2025
            columns = {name: held for name, held in value.items() if isinstance(held, list)}
            if len(columns) == len(value) and len(set(map(len, columns.values()))) == 1:
                value = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
        if isinstance(value, list) and isinstance(inner, dict) and inner.get("_type") not in ("ClassLabel", "Value"):
            return [_named(one, inner) for one in value]
        return value
    if isinstance(feature, list) and isinstance(value, list) and len(feature) == 1:
        return [_named(one, feature[0]) for one in value]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [_named(one, None) for one in value]
    if isinstance(value, dict):
        known = feature if isinstance(feature, dict) else {}
        return {name: _of_class(_named(held, known.get(name)), known.get(name)) for name, held in value.items()}
    return value


def _of_class(value: Any, feature: Any) -> Any:
    names = feature.get("names") if isinstance(feature, dict) and feature.get("_type") == "ClassLabel" else None
    return names[value] if isinstance(names, list) and type(value) is int and 0 <= value < len(names) else value


def _classes(features: dict[str, Any]) -> dict[str, list[str]]:
    found = {}
    for name, feature in features.items():
        inner = feature.get("feature") if isinstance(feature, dict) else None
        if isinstance(inner, dict) and inner.get("_type") == "ClassLabel":
            found[name] = inner["names"]
    return found


def _rows(number: int, value: dict[str, Any], classes: dict[str, list[str]], how: Reading) -> Iterator[Row]:
    tokens, text = value.get("tokens"), value.get(how.text_field or "text")
    if isinstance(value.get("starts"), list) and isinstance(value.get("spans"), list):
        yield from read_object(number, _object(value, classes), how, jsonl.TEXT, jsonl.finish)
    elif isinstance(tokens, list) and (classes or _tag_columns(value, len(tokens))):
        notes = [] if text is None else [Note(number, "text", shown(text), "tokens where these have tags", LOST)]
        row = _sentence(number, tokens, value, classes or dict.fromkeys(_tag_columns(value, len(tokens))))
        yield Row(number, row.record, (*notes, *row.notes))
    elif how.text_field or not value.keys().isdisjoint(jsonl.TEXT):
        yield from read_object(number, _plain(value), how, jsonl.TEXT, jsonl.finish)
    else:
        allowed = "`text`, or `tokens` with tags of classes that the file's metadata names"
        raise RowRefused("row", sorted(value), allowed)


def _object(value: dict[str, Any], classes: dict[str, list[str]]) -> dict[str, Any]:
    """A row as this module writes it, as the object that JSON lines have for it."""
    starts, ends = value["starts"], value.get("ends")
    if not isinstance(ends, list) or len(starts) != len(ends):
        raise RowRefused("ends", ends, f"{len(starts)} numbers, one a start")
    try:
        meta = orjson.loads(value["meta"])
    except (KeyError, ValueError):
        meta = None
    if not isinstance(meta, dict):
        raise RowRefused("meta", value.get("meta"), "a JSON object")
    known = {
        name: held
        for name, held in value.items()
        if name not in (*classes, *arrays.DETAILS, "tokens", "starts", "ends", "meta")
    }
    return {**meta, **known, "source_tokens": list(map(list, zip(starts, ends, strict=True)))}


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    """With what JSON has no place for as text: Parquet also holds dates, bytes and decimals."""
    return dict(orjson.loads(orjson.dumps(value, default=str)))


def _tag_columns(value: dict[str, Any], size: int) -> list[str]:
    """Columns of tags that are texts, one a token."""
    return [
        name
        for name, held in value.items()
        if name != "tokens"
        and isinstance(held, list)
        and len(held) == size
        and all(isinstance(one, str) and tags.is_tag(one) for one in held)
    ]


def _sentence(number: int, tokens: list[Any], value: dict[str, Any], classes: Mapping[str, list[str] | None]) -> Row:
    """`classes`: names of the classes of each column of tags; None where the tags are texts."""
    meta = _plain({name: held for name, held in value.items() if name not in (*classes, *_OWN)})
    layers = [name.removesuffix("_tags").removesuffix("ner") for name in classes]
    if not all(isinstance(token, str) for token in tokens):
        raise RowRefused("tokens", tokens, "a list of texts")
    columns = []
    for name, names in classes.items():
        numbers = value.get(name)
        if not isinstance(numbers, list) or len(numbers) != len(tokens):
            raise RowRefused(name, numbers, f"{len(tokens)} numbers, one a token")
        if names is None:
            columns.append(numbers)
            continue
        if unknown := [one for one in numbers if type(one) is not int or not 0 <= one < len(names)]:
            raise RowRefused(name, unknown[0], f"the number of a class, 0 to {len(names) - 1}")
        columns.append([names[one] for one in numbers])
    return Sentences.of(layers).row(number, tokens, columns, meta=meta)
