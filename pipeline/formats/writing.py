"""Writes records in a format, with as many tag columns as they turn out to need."""

from collections.abc import Callable, Iterable, Mapping
from typing import BinaryIO

from . import tags
from .catalog import Format
from .options import Writing
from .record import Record, Tally
from .units import WORD

Records = Callable[[], Iterable[Record]]


def write(
    form: Format,
    records: Records,
    out: BinaryIO,
    labels: Mapping[str, tuple[str, ...]],
    unit: str = WORD,
    columns: tuple[tags.Column, ...] = (),
) -> Tally:
    """Writes all records to `out`, which must be seekable; returns counts of rows and of what the format cannot hold.

    `labels`: the layers with their labels, in order; `columns`: of tags, where more than one a layer are known to be
    needed. Begins anew where marks of one layer overlap more often than there are columns for, or have a label that is
    not said, which is why `records` is called for its records and may be called again.
    """
    columns = columns or tags.columns(labels)
    writer = form.writer()
    while True:
        tally = Tally()
        try:
            rows = writer(_counted(records(), tally), out, Writing(columns, labels, unit, tally.note))
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


def _counted(records: Iterable[Record], tally: Tally) -> Iterable[Record]:
    for record in records:
        tally.rows += 1
        tally.taken += 1
        tally.marks += len(record.marks)
        yield record
