"""Plain text: a file that is one text, or a text a line. Written, a text a line; labels have no place in it."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from .lines import MOST_ROW_BYTES, lines
from .offsets import Ruler, text_of
from .options import Reading, Writing
from .record import LOST, Note, Record, Row, RowRefused, shown


def read_lines(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A text a line; blank lines are passed over."""
    for number, line in lines(file):
        if isinstance(line, RowRefused):
            yield Row(number, None, (line.note(number),))
        elif line.strip():
            yield _row(number, line)


def read_whole(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """The file is one text, up to the limit of a row."""
    held, size = [], 0
    for number, line in lines(file):
        if not isinstance(line, RowRefused):
            size += len(line) + 1
            held.append(line)
            if size <= MOST_ROW_BYTES:
                continue
            line = RowRefused("file", f"more than {MOST_ROW_BYTES} characters", "one text; `lines` reads a text a line")
        yield Row(1, None, (line.note(number),))
        return
    yield _row(1, "\n".join(held))


def _row(number: int, line: str) -> Row:
    try:
        return Row(number, Record(Ruler(text_of(line, "text")).text, labelled=False))
    except RowRefused as error:
        return Row(number, None, (error.note(number),))


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """A text a line; its line breaks become blanks, and labels are lost: both are said."""
    count = 0
    for count, record in enumerate(records, 1):
        if "\n" in record.text:
            how.note(Note(count, "text", shown(record.text), "a text on one line; breaks become blanks", LOST))
        if record.marks:
            how.note(Note(count, "labels", f"{len(record.marks)} of them", "none: this is plain text", LOST))
        out.write((record.text.replace("\n", " ") + "\n").encode())
    return count
