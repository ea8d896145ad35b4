"""JSON lines, the project's own form, which holds all that a record does; and any JSON lines with a text in them."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import orjson

from .objects import Object, Parts, read_objects, take_id, take_list, take_spans
from .options import Reading, Writing
from .ranges import Ranges
from .record import Mark, Record, Row

OWN = ("id", "text", "spans", "tokens", "words", "source_tokens", "by", "labelled")
TEXT = ("text", "content", "data")  # fields that may hold it


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """`text`, `spans` (`entities`, `label`, `labels` too) as objects or triples; `tokens` as ranges; else `meta`.

    A row with no such list is a text that nobody has labelled.
    """
    return read_objects(file, how, TEXT, finish)


def finish(parts: Parts, how: Reading) -> Iterable[Record]:
    """The record of an object of which the text has been read."""
    spans = take_spans(parts, how, "spans", "entities", "label", "labels")
    parts.spans("span", spans or [])
    known: Object = {}
    for own, name in (("pieces", "tokens"), ("source_tokens", "source_tokens")):
        if (values := take_list(parts, name)) is not None:
            known[own] = parts.ranges(name, values)
    words = take_list(parts, "words")
    if known.get("pieces") is not None:
        if words and len(words) == len(known["pieces"]) and all(type(word) is int for word in words):
            known["words"] = tuple(words)
        else:
            parts.lost("words", words, "a whole number for each token; tokens are not taken")
            known["pieces"] = None
    by = parts.rest.pop("by", "")
    labelled = parts.rest.pop("labelled", spans is not None) is True
    yield parts.record(take_id(parts, how, "id"), by=by if isinstance(by, str) else "", labelled=labelled, **known)


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """One object a line; returns the number of lines."""
    count = 0
    for count, record in enumerate(records, 1):  # noqa: B007
        out.write(orjson.dumps(_object(record), option=orjson.OPT_APPEND_NEWLINE))
    return count


def _object(record: Record) -> Object:
    pieces = record.pieces
    value: Object = {key: held for key, held in record.meta.items() if key not in OWN}
    value |= {"id": record.id, "text": record.text}
    value["spans"] = [_span(mark, pieces) for mark in record.marks]
    if pieces is not None:
        value |= {"tokens": list(pieces), "words": record.words}
    if record.source_tokens is not None:
        value["source_tokens"] = list(record.source_tokens)
    if record.by:
        value["by"] = record.by
    if not record.labelled:
        value["labelled"] = False
    return value


def _span(mark: Mark, pieces: Ranges | None) -> Object:
    value: Object = {"start": mark.start, "end": mark.end, "label": mark.label}
    if mark.layer:
        value["layer"] = mark.layer
    if pieces is not None:
        value["tokens"] = pieces.touched(mark.start, mark.end)
    return value
