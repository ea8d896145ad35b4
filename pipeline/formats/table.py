"""CSV: a text a row with `id`, `text` and `spans` (JSON triples); no cell is one that a spreadsheet would run."""

import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO, TextIO

import orjson

from . import leftovers
from .lines import MOST_ROW_BYTES, Truncated, text_lines
from .objects import Parts, take_id
from .offsets import Ruler, text_of
from .options import Reading, Writing
from .record import CHANGED, Note, Record, Row, RowRefused, shown

# A spreadsheet runs a cell that begins with one of these; the apostrophe is here so that guarding can be undone.
_RUNS = tuple("=+-@\t\r'")
_UNDECODED = re.compile("[\udc80-\udcff]")
_WHOLE = "a whole gzip file; the rows before this one were read"
_SPANS = ("spans", "label", "labels", "entities", "annotations")  # the last ones where they hold spans, as JSON
_COLUMNS = ("id", "text", "spans")


def guarded(cell: str) -> str:
    """The cell, with an apostrophe before it where a spreadsheet would run it; `bared` takes it off again."""
    return f"'{cell}" if cell.startswith(_RUNS) else cell


def bared(cell: str) -> str:
    return cell[1:] if cell[:1] == "'" and cell[1:].startswith(_RUNS) else cell


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """The first row names the columns. A broken row is refused alone, by the number of its line.

    Texts are in `text` (or the named column); `spans`, where there is such a column, as this module writes them.
    """
    csv.field_size_limit(MOST_ROW_BYTES)
    header: list[str] = []
    for number, cells in _rows(text_lines(file)):
        if isinstance(cells, RowRefused):
            yield Row(number, None, (cells.note(number),))
            continue
        if not cells:
            continue  # a blank line
        if not header:
            header = [cell.strip() for cell in cells]
            continue
        notes: list[Note] = []
        try:
            yield Row(number, _record(number, header, cells, how, notes), tuple(notes))
        except RowRefused as error:
            yield Row(number, None, (*notes, error.note(number)))


def _rows(source: TextIO) -> Iterator[tuple[int, list[str] | RowRefused]]:
    """(number of the last line, cells); begins anew after what cannot be parsed."""
    before = 0
    while True:
        reader = csv.reader(source, strict=True)
        try:
            for cells in reader:
                yield before + reader.line_num, cells
            return
        except csv.Error as error:
            before += reader.line_num
            yield before, RowRefused("row", str(error), "CSV: cells parted by commas, quotes doubled and closed")
        except Truncated as error:
            yield (
                before + reader.line_num,
                RowRefused("gzip", str(error), _WHOLE),
            )
            return


def _record(number: int, header: list[str], cells: list[str], how: Reading, notes: list[Note]) -> Record:
    if len(cells) != len(header):
        raise RowRefused("row", f"{len(cells)} cells", f"{len(header)}, as the first row names them")
    for name, cell in zip(header, cells, strict=True):
        if found := _UNDECODED.search(cell):
            raise RowRefused(name, found.group().encode(errors="surrogateescape"), "UTF-8")
    values: dict[str, Any] = {name: bared(cell) for name, cell in zip(header, cells, strict=True)}
    name = how.text_field or "text"
    if name not in values:
        raise RowRefused("columns", header, f"a column {name!r}; --text-field names another")
    parts = Parts(number, values, Ruler(text_of(values.pop(name), name), how.offsets), notes=notes)
    names = (how.label_field,) if how.label_field else _SPANS
    labelled = False
    for column in names:
        cell = values.get(column, "")
        held = _json(cell)
        if isinstance(held, list) and (column in ("spans", how.label_field) or _has_spans(held)):
            del values[column]
            parts.spans(column, held)
            labelled = True
        elif cell and column in ("spans", how.label_field):
            del values[column]
            parts.lost(column, cell, "JSON: [[start, end, label], …]")
            labelled = True
    for column, cell in values.items():
        parts.unread({column: _json(cell)}, labelled)
    return parts.record(take_id(parts, how, "id"), labelled=labelled)


def _json(cell: str) -> Any:
    """What the cell holds, where it holds a list or object in JSON."""
    if cell[:1] not in ("[", "{"):
        return None
    try:
        return orjson.loads(cell)
    except orjson.JSONDecodeError:
        return None


def _has_spans(held: list[Any]) -> bool:
    return bool(leftovers.found({"": held})[0])


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """Three columns; what else is known of a text is not in them. An answer without labels has `[]` as its spans."""
    count = 0
    _line(out, _COLUMNS)
    for count, record in enumerate(records, 1):
        marks = [[mark.start, mark.end, mark.label] for mark in record.marks]
        spans = orjson.dumps(marks).decode() if record.labelled else ""
        cells = (record.id, record.text, spans)
        safe = [guarded(cell) for cell in cells]
        if safe[1] != record.text:
            note = "a cell that no spreadsheet runs; an apostrophe is put before it"
            how.note(Note(count, "text", shown(record.text), note, CHANGED))
        _line(out, safe)
    return count


def _line(out: BinaryIO, cells: Iterable[str]) -> None:
    quoted = (f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in cells)
    out.write((",".join(quoted) + "\r\n").encode())
