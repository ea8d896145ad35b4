"""doccano's JSON lines: `text` and `label` triples; its relation projects' `entities` objects are read too."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import orjson

from .objects import Parts, read_objects, take_id, take_list
from .options import Reading, Writing
from .record import Record, Row


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """Offsets count code points. Relations, and labels of the whole text, cannot be kept and are named."""
    return read_objects(file, how, ("text", "data", "column_data"), _finish)


def _finish(parts: Parts, how: Reading) -> Iterable[Record]:
    names = (how.label_field,) if how.label_field else ("label", "labels", "column_label", "entities")
    spans = take_list(parts, *names)
    texts = [value for value in spans or [] if isinstance(value, str)]
    if texts:
        parts.lost("label", texts, "labels of ranges; these are of the whole text")
    parts.spans("label", [value for value in spans or [] if not isinstance(value, str)], ("start_offset", "end_offset"))
    if relations := take_list(parts, "relations"):
        parts.lost("relations", relations, "labels alone")
    yield parts.record(take_id(parts, how, "id"), labelled=spans is not None and len(texts) < max(len(spans), 1))


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
