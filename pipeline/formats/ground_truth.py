"""Augmented manifests of SageMaker Ground Truth, named entities: a text a line as `source`, a field a labelling job."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import orjson

from .objects import Parts, read_objects, take_id
from .options import Reading, Writing
from .record import Record, Row, RowRefused

_NAMELESS = "labels"  # the job of a layer that has no name
_METADATA = "-metadata"


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """Each job that has `annotations.entities` is a layer; a lone one is nameless. Offsets count code points."""
    return read_objects(file, how, ("source",), _finish)


def _finish(parts: Parts, how: Reading) -> Iterable[Record]:
    rest = parts.rest
    if "source-ref" in rest:
        raise RowRefused("source-ref", rest["source-ref"], "the text itself, as `source`")
    jobs = {name: found for name, held in rest.items() if (found := _entities(held)) is not None}
    if how.label_field:
        jobs = {name: found for name, found in jobs.items() if name == how.label_field}
    labelled = False
    for name, entities in jobs.items():
        del rest[name]
        metadata = rest.get(name + _METADATA)
        if isinstance(metadata, Mapping) and metadata.get("failure-reason"):
            parts.lost(name, metadata["failure-reason"], "jobs that did not fail")
            continue
        if isinstance(metadata, Mapping):
            # One confidence a span: known of the job, no labels.
            rest[name + _METADATA] = {key: held for key, held in metadata.items() if key != "entities"}
        labelled = True
        layer = name if len(jobs) > 1 else ""
        for at, one in enumerate(entities, 1):
            if isinstance(one, Mapping):
                span = one.get("startOffset"), one.get("endOffset"), one.get("label")
                parts.span(f"{name}, entity {at}", *span, layer=layer)
            else:
                parts.lost(f"{name}, entity {at}", one, "an object with startOffset, endOffset, label")
    yield parts.record(take_id(parts, how, "id"), labelled=labelled)


def _entities(held: object) -> list[Any] | None:
    annotations = held.get("annotations") if isinstance(held, Mapping) else None
    entities = annotations.get("entities") if isinstance(annotations, Mapping) else None
    return entities if isinstance(entities, list) else None


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """A job a layer, each with its labels, as the label category file has them."""
    layers = list(dict.fromkeys(column.layer for column in how.columns))
    count = 0
    for count, record in enumerate(records, 1):  # noqa: B007
        value: dict[str, Any] = {**record.meta, "source": record.text}
        if record.id:
            value["id"] = record.id
        for layer in layers if record.labelled else ():
            entities = [
                {"startOffset": mark.start, "endOffset": mark.end, "label": mark.label}
                for mark in record.marks
                if mark.layer == layer
            ]
            labels = [{"label": label} for label in how.labels.get(layer, ())]
            name = layer or _NAMELESS
            value[name] = {"annotations": {"entities": entities, "labels": labels}}
            metadata = value.get(name + _METADATA)
            known = metadata if isinstance(metadata, dict) else {}
            value[name + _METADATA] = {**known, "type": "groundtruth/text-span", "human-annotated": "yes"}
        out.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
    return count
