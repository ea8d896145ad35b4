"""doccano's JSON lines: `text` and `label` triples; `labels`, `entities` and `annotations` of its
other generations are read too."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import orjson

from .objects import Parts, read_objects, take_id, take_list, take_spans
from .options import Reading, Writing
from .record import CHANGED, Note, Record, Row, shown


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """Offsets count code points. Relations, and labels of the whole text, cannot be kept and are named."""
    return read_objects(file, how, ("text", "data", "column_data"), _finish)


def _finish(parts: Parts, how: Reading) -> Iterable[Record]:
    fields = ("label", "labels", "column_label", "entities", "annotations", "cats")
    spans = take_spans(parts, how, *fields)
    texts = [value for value in spans or [] if isinstance(value, str)]
    if texts:
        parts.lost("label", texts, "labels of ranges; these are of the whole text")
    for name in ("relations", "Comments"):
        if others := take_list(parts, name):
            parts.lost(name, others, "labels alone")
    own = take_id(parts, how, "id")
    ranged = [value for value in spans or [] if not isinstance(value, str)]
    labelled = spans is not None and (bool(ranged) or not texts)
    for by, given in _people(ranged).items():
        parts.marks = []
        parts.spans("label", [_named(parts, value) for value in given])
        yield parts.record(own, by=by, labelled=labelled)


def _people(spans: list[Any]) -> dict[str, list[Any]]:
    """The spans of each person: old exports hold all people's in one list, with the number of each as `user`."""
    found: dict[str, list[Any]] = {}
    for value in spans:
        user = value.get("user") if isinstance(value, Mapping) else None
        found.setdefault(str(user) if isinstance(user, int | str) else "", []).append(value)
    return found or {"": []}


def _named(parts: Parts, value: Any) -> Any:
    """With the number of a label as its name, where an old export has nothing else."""
    if not isinstance(value, Mapping) or type(value.get("label")) is not int:
        return value
    allowed = f"names of labels; `annotations` of old exports have numbers, taken as {str(value['label'])!r}"
    parts.notes.append(Note(parts.row, "annotations", shown(value["label"]), allowed, CHANGED))
    return {**value, "label": str(value["label"])}


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """`{"id", "text", "label": [[start, end, label], …]}` a line, further fields beside them."""
    count = 0
    for count, record in enumerate(records, 1):  # noqa: B007
        value = {**record.meta, "text": record.text}
        if record.labelled:
            value["label"] = [[mark.start, mark.end, mark.label] for mark in record.marks]
        if record.id:
            value["id"] = record.id
        out.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
    return count
