"""What was written is read back and compared: a label that is not there again is counted as dropped. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from pipeline.formats.catalog import Format
from pipeline.formats.options import Reading
from pipeline.formats.record import Record
from pipeline.formats.units import ranges

# What a format holds of a mark: its offsets, its offsets widened to units, or the units it covers.
_BY_UNITS = ("conll", "skillspan")
_WIDENED = ("docbin",)
_NOTHING = ("lines",)

Found = tuple[int, int, str]


def dropped(form: Format, records: Iterable[Record], file: BinaryIO, unit: str) -> int:
    """Marks of the records that the file does not give back, and all marks of a record whose text it does not."""
    back: Iterator[Record | None] = (row.record for row in form.reader()(file, Reading()))
    missing = 0
    for record in records:
        got = next(back, None)
        if form.name in _NOTHING:
            continue
        wanted = Counter(_wanted(form.name, record, unit))
        missing += (wanted - Counter(_given(form.name, record, got))).total() if got else wanted.total() + 1
    return missing + sum(1 for _ in back)


def _wanted(form: str, record: Record, unit: str) -> Iterator[Found]:
    units = ranges(record, unit)
    seen = set()
    for mark in record.marks:
        first, last = units.touched(mark.start, mark.end)
        if form in _BY_UNITS or form in _WIDENED:
            if first == last:
                continue  # on blanks alone: said by the writer's note
            place = (first, last) if form in _BY_UNITS else (units[first][0], units[last - 1][1])
            # Two marks of a label on one unit are one in these formats, as the writer's note says.
            key = *place, mark.label, mark.layer
            if key in seen:
                continue
            seen.add(key)
            yield *place, mark.label
        else:
            yield mark.start, mark.end, mark.label


def _given(form: str, record: Record, got: Record) -> Iterator[Found]:
    if form in _BY_UNITS:
        edges = got.source_tokens or ()
        starts = {start: at for at, (start, _) in enumerate(edges)}
        ends = {end: at for at, (_, end) in enumerate(edges, 1)}
        for mark in got.marks:
            yield starts[mark.start], ends[mark.end], mark.label
    elif got.text == record.text:
        for mark in got.marks:
            yield mark.start, mark.end, mark.label
