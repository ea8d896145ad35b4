"""Writes records in a format, with as many tag columns as they turn out to need, or flat."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from . import tags
from .catalog import Format
from .options import Writing
from .record import LOST, Mark, Note, Record, Tally, shown
from .units import WORD, ranges

Records = Callable[[], Iterable[Record]]
Layers = Mapping[str, tuple[str, ...]]

# Which of marks that share a unit is kept: the first one in this order of (start, end).
FLAT: dict[str, Callable[[Mark], tuple[int, ...]]] = {
    "outermost": lambda mark: (mark.start, -mark.end),
    "innermost": lambda mark: (mark.end - mark.start, mark.start),
    "longest": lambda mark: (mark.start - mark.end, mark.start),
}

_BLANKS = re.compile(r"\s+")


def write(
    form: Format,
    records: Records,
    out: BinaryIO,
    labels: Layers,
    unit: str = WORD,
    columns: tuple[tags.Column, ...] = (),
    flat: str = "",
) -> "Written":
    """Writes all records to `out`, which must be seekable; returns counts of rows and of what the format cannot hold.

    `labels`: the layers with their labels, in order; `columns`: of tags, where more than one a layer are known to be
    needed. Begins anew where marks of one layer overlap more often than there are columns for, or have a label that is
    not said, which is why `records` is called for its records and may be called again. `flat`: a rule of `FLAT`, by
    which one column of tags is made of all layers.
    """
    if flat:
        labels = {"": tuple(dict.fromkeys(label for held in labels.values() for label in held))}
    names = Names(form.blanks)
    for layer, held in labels.items():
        for label in sorted(held, key=lambda one: _BLANKS.search(one) is not None):
            names.of(layer, label)  # those that stay as they are come first
    labels = {layer: tuple(names.of(layer, label) for label in held) for layer, held in labels.items()}
    columns = columns or tags.columns(labels)
    writer = form.writer()
    while True:
        tally = Written(columns=columns, names=names)
        try:
            given = _counted(records(), tally)
            if flat:
                given = flattened(given, unit, flat, tally.note)
            rows = writer(map(names.record, given), out, Writing(columns, labels, unit, tally.note))
        except tags.TooNarrow as error:
            columns = error.columns
        except tags.NotNamed as error:
            labels = {**labels, error.layer: (*labels.get(error.layer, ()), error.label)}
        else:
            if rows != tally.rows:
                raise RuntimeError(f"{form.name}: {tally.rows} records given, {rows} written")
            return tally
        out.seek(0)
        out.truncate()


@dataclass
class Written(Tally):
    """What was written; `columns`: of tags."""

    columns: tuple[tags.Column, ...] = ()
    names: "Names" = field(default_factory=lambda: Names(blanks=True))

    def beside(self) -> dict[str, Any] | None:
        """What a file of tags cannot say itself: its columns, and the labels by their names in it; None where it is
        one column of labels as they are."""
        changed = self.names.changed()
        if not changed and [column.name for column in self.columns] == ["tags"]:
            return None
        return {"columns": ",".join(["token", *(column.layer or "tags" for column in self.columns)]), "labels": changed}


@dataclass
class Names:
    """Labels as a format's readers bear them: without blanks where these end a column, and still told apart."""

    blanks: bool
    _names: dict[tuple[str, str], str] = field(default_factory=dict)

    def of(self, layer: str, label: str) -> str:
        if self.blanks:
            return label
        if (layer, label) not in self._names:
            name = _BLANKS.sub("_", label)
            taken = {held for (other, _), held in self._names.items() if other == layer}
            while name in taken:
                name += "_"
            self._names[layer, label] = name
        return self._names[layer, label]

    def record(self, record: Record) -> Record:
        if self.blanks or not record.marks:
            return record
        marks = (replace(mark, label=self.of(mark.layer, mark.label)) for mark in record.marks)
        return replace(record, marks=tuple(marks))

    def changed(self) -> dict[str, str]:
        """The label for each name in the file that differs from it."""
        return {name: label for (_, label), name in self._names.items() if name != label}


def flattened(records: Iterable[Record], unit: str, rule: str, note: Callable[[Note], object]) -> Iterator[Record]:
    """The records without layers, and with no two marks on one unit; those left out are told."""
    for row, record in enumerate(records, 1):
        units = ranges(record, unit)
        free = [True] * len(units)
        kept = []
        for mark in sorted(record.marks, key=lambda one: (*FLAT[rule](one), one.label, one.layer)):
            first, last = units.touched(mark.start, mark.end)
            if all(free[first:last]):
                free[first:last] = [False] * (last - first)
                kept.append(replace(mark, layer=""))
            else:
                given = shown([mark.start, mark.end, mark.label])
                note(Note(row, "span", given, f"one mark on a token: the {rule} one", LOST))
        yield replace(record, marks=tuple(sorted(kept)))


def _counted(records: Iterable[Record], tally: Tally) -> Iterator[Record]:
    for record in records:
        tally.rows += 1
        tally.taken += 1
        tally.marks += len(record.marks)
        yield record
