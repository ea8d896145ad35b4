"""Label Studio's JSON: an array of tasks with the text in `data` and each annotator's spans in `annotations`.

Its JSON-MIN is read too: there the fields of `data` and the regions stand side by side.
"""

from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import groupby
from typing import Any, BinaryIO

import orjson

from .lines import json_rows
from .objects import Parts
from .offsets import Ruler, text_of
from .options import Reading, Writing
from .record import Note, Record, Row, RowRefused

_TEXTS = ("text", "content", "data")
_ANSWERS = ("annotations", "completions")
_PAST = ("prediction", "parent_prediction", "parent_annotation", "draft", "drafts")  # of an annotation, beside it


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
    whole = isinstance(task.get("data"), dict)
    data = dict(task["data"] if whole else task)
    name = how.text_field or next((name for name in _TEXTS if name in data), "text")
    parts = Parts(number, data, Ruler(text_of(data.pop(name, None), f"data.{name}"), how.offsets), notes=notes)
    own = data.pop(how.id_field, None) if how.id_field else data.pop("id", task.get("id", ""))
    if predictions := task.get("predictions"):
        given = f"{len(predictions)} of them" if isinstance(predictions, list) else predictions
        parts.lost("predictions", given, "annotations")
    field, answers = next(((field, task[field]) for field in _ANSWERS if field in task), ("annotations", None))
    if answers and not isinstance(answers, list):
        parts.lost(field, answers, "a list of annotations")
    if not whole:
        for field in ("predictions", *_ANSWERS):
            data.pop(field, None)
    if not whole and not isinstance(answers, list):
        yield _flat(parts, "" if own is None else str(own))
        return
    fields = {key for key, held in data.items() if isinstance(held, str)}
    kept = 0
    for at, answer in enumerate(answers if isinstance(answers, list) else [], 1):
        if not isinstance(answer, Mapping):
            parts.lost(f"annotation {at}", answer, "an object with `result`")
            continue
        if answer.get("was_cancelled"):
            parts.lost(f"annotation {at}", "cancelled", "annotations that were submitted")
            continue
        parts.marks = []
        if not _result(parts, f"annotation {at}", answer.get("result"), name, fields):
            continue
        kept += 1
        yield parts.record("" if own is None else str(own), by=_who(answer.get("completed_by")))
    parts.marks = []
    others = {key: held for key, held in task.items() if key not in ("data", "predictions", *_ANSWERS)}
    for at, answer in enumerate(answers if isinstance(answers, list) else [], 1):
        if isinstance(answer, Mapping) and not answer.get("was_cancelled"):
            others |= {f"annotation {at}.{key}": held for key, held in answer.items() if key not in ("result", *_PAST)}
    parts.unread(others if whole else {}, bool(kept))
    if not kept:
        yield parts.record("" if own is None else str(own), labelled=False)


def _flat(parts: Parts, own: str) -> Record:
    """The record of JSON-MIN: one annotation, with its regions in fields beside those of the text."""
    rest = parts.rest
    answered = "annotation_id" in rest
    for name, held in list(rest.items()):
        if isinstance(held, list) and any(isinstance(one, Mapping) and "labels" in one for one in held):
            del rest[name]
            parts.spans(name, held)
            answered = True
    return parts.record(own, by=_who(rest.pop("annotator", None)), labelled=answered)


def _result(parts: Parts, where: str, result: object, name: str, fields: Set[str]) -> bool:
    """Takes the spans of one annotation; False when it holds something, but nothing that can be taken.

    `name`: the field of the text; `fields`: of the other texts of the task, whose regions are not taken.
    """
    if (result and not isinstance(result, list)) or result is None:
        parts.lost(where, result, "`result`: a list")
        return False
    taken = False
    items = result if isinstance(result, list) else []
    others = {item.get("to_name") for item in items if isinstance(item, Mapping) and isinstance(_labels(item), list)}
    several = len([one for one in others if one != name and one not in fields]) > 1
    for at, item in enumerate(items, 1):
        labels = _labels(item)
        if not isinstance(labels, list):
            kind = item.get("type") if isinstance(item, Mapping) else item
            parts.lost(f"{where}, result {at}", kind, "labels of ranges of the text")
            continue
        value, field = item["value"], item.get("to_name")
        surface = value.get("text")
        known = field == name or not (field in fields or several)
        if (field in fields and field != name) or (not known and not isinstance(surface, str)):
            given = f"{value.get('start')} to {value.get('end')} of {field!r}"
            parts.lost(f"{where}, result {at}", given, f"regions of {name!r}; --text-field takes another field")
            continue
        taken = True
        for label in labels:
            parts.span(f"{where}, result {at}", value.get("start"), value.get("end"), label, surface)
    return taken or not items


def _labels(item: object) -> object:
    value = item.get("value") if isinstance(item, Mapping) else None
    return value.get("labels") if isinstance(value, Mapping) else None


def _who(value: object) -> str:
    if isinstance(value, Mapping):
        value = value.get("email") or value.get("id")
    return str(value) if isinstance(value, str | int) else ""


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """An array with a task for each text; records that follow each other with one id are answers to one task."""
    out.write(b"[")
    count = 0
    groups = groupby(enumerate(records), lambda pair: (pair[1].id, pair[1].text) if pair[1].id else pair[0])
    for task, (_, group) in enumerate(groups, 1):
        answers = [record for _, record in group]
        out.write(b",\n" if count else b"\n")
        out.write(orjson.dumps(_written(answers, task, count)))
        count += len(answers)
    out.write(b"\n]\n")
    return count


def _written(answers: list[Record], task: int, before: int) -> dict[str, Any]:
    """Tasks and annotations are numbered: Label Studio's own converter refuses them without."""
    first = answers[0]
    data = {**first.meta, "text": first.text}
    if first.id:
        data["id"] = first.id
    answered = [answer for answer in answers if answer.labelled]
    annotations = [{"id": at, **_annotation(answer)} for at, answer in enumerate(answered, before + 1)]
    return {"id": task, "data": data, "annotations": annotations}


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
