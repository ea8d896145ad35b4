"""Label Studio's JSON: an array of tasks with the text in `data` and each annotator's spans in `annotations`."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from typing import Any, BinaryIO

import orjson

from .lines import json_rows
from .objects import Parts
from .offsets import Ruler, text_of
from .options import Reading, Writing
from .record import Note, Record, Row, RowRefused

_TEXTS = ("text", "content", "data")


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A row for each annotation of a task, and one for a task without any.

    Offsets count code points, as Label Studio writes them since 1.4; the text inside a span settles it otherwise.
    Cancelled annotations, predictions, relations and anything but labels of ranges is not taken, and named.
    """
    for number, value in json_rows(file):
        notes: list[Note] = []
        try:
            if isinstance(value, RowRefused):
                raise value
            records = list(_task(number, value, how, notes))
        except RowRefused as error:
            yield Row(number, None, (*notes, error.note(number)))
            continue
        for at, record in enumerate(records):
            yield Row(number, record, () if at else tuple(notes))


def _task(number: int, task: object, how: Reading, notes: list[Note]) -> Iterator[Record]:
    if not isinstance(task, dict):
        raise RowRefused("row", task, "a task: an object with `data`")
    data = task.get("data")
    data = dict(data) if isinstance(data, dict) else {key: held for key, held in task.items() if key in _TEXTS}
    name = how.text_field or next((name for name in _TEXTS if name in data), "text")
    parts = Parts(number, data, Ruler(text_of(data.pop(name, None), f"data.{name}"), how.offsets), notes=notes)
    own = data.pop(how.id_field, None) if how.id_field else data.pop("id", task.get("id", ""))
    if task.get("predictions"):
        parts.lost("predictions", f"{len(task['predictions'])} of them", "annotations")
    answers = task.get("annotations", task.get("completions"))
    kept = 0
    for at, answer in enumerate(answers if isinstance(answers, list) else [], 1):
        if not isinstance(answer, Mapping):
            parts.lost(f"annotation {at}", answer, "an object with `result`")
            continue
        if answer.get("was_cancelled"):
            parts.lost(f"annotation {at}", "cancelled", "annotations that were submitted")
            continue
        parts.marks = []
        if not _result(parts, f"annotation {at}", answer.get("result")):
            continue
        kept += 1
        yield parts.record("" if own is None else str(own), by=_who(answer.get("completed_by")))
    if not kept:
        parts.marks = []
        yield parts.record("" if own is None else str(own), labelled=False)


def _result(parts: Parts, where: str, result: object) -> bool:
    """Takes the spans of one annotation; False when it holds something, but nothing that can be taken."""
    taken = False
    items = result if isinstance(result, list) else []
    for at, item in enumerate(items, 1):
        value = item.get("value") if isinstance(item, Mapping) else None
        labels = value.get("labels") if isinstance(value, Mapping) else None
        if not isinstance(labels, list) or not isinstance(value, Mapping):
            kind = item.get("type") if isinstance(item, Mapping) else item
            parts.lost(f"{where}, result {at}", kind, "labels of ranges of the text")
            continue
        taken = True
        for label in labels:
            parts.span(f"{where}, result {at}", value.get("start"), value.get("end"), label, value.get("text"))
    return taken or not items


def _who(value: object) -> str:
    if isinstance(value, Mapping):
        value = value.get("email") or value.get("id")
    return str(value) if isinstance(value, str | int) else ""


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """An array with a task for each text; records that follow each other with one id are answers to one task."""
    out.write(b"[")
    count = 0
    for _, group in groupby(enumerate(records), lambda pair: (pair[1].id, pair[1].text) if pair[1].id else pair[0]):
        answers = [record for _, record in group]
        out.write(b",\n" if count else b"\n")
        out.write(orjson.dumps(_written(answers)))
        count += len(answers)
    out.write(b"\n]\n")
    return count


def _written(answers: list[Record]) -> dict[str, Any]:
    first = answers[0]
    data = {**first.meta, "text": first.text}
    if first.id:
        data["id"] = first.id
    return {"data": data, "annotations": [_annotation(answer) for answer in answers if answer.labelled]}


def _annotation(record: Record) -> dict[str, Any]:
    result = []
    for at, mark in enumerate(record.marks):
        value = {
            "start": mark.start,
            "end": mark.end,
            "text": record.text[mark.start : mark.end],
            "labels": [mark.label],
        }
        result.append({"id": f"s{at}", "from_name": "label", "to_name": "text", "type": "labels", "value": value})
    return {"result": result, "completed_by": record.by} if record.by else {"result": result}
