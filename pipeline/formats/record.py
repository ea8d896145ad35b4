"""What every format is read into and written from: a text, its marks, and the file's own tokens."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .ranges import Ranges

TAKEN, CHANGED, LOST, REFUSED = "taken", "changed", "lost", "refused"


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A labelled range of the text, `[start, end)` in code points. `layer` tells labels apart that may overlap."""

    start: int
    end: int
    label: str
    layer: str = ""


@dataclass(frozen=True, slots=True)
class Record:
    """One labelled text. Ranges are half-open and count code points of `text`, which is normalised."""

    text: str
    marks: tuple[Mark, ...] = ()
    id: str = ""  # the file's own name for it; empty when it gives none
    source_tokens: Ranges | None = None  # the file's own tokens
    pieces: Ranges | None = None  # the project's tokens
    words: tuple[int, ...] = ()  # for each piece the ordinal of its word
    meta: dict[str, Any] = field(default_factory=dict)
    by: str = ""  # who answered, where the file names several people
    labelled: bool = True  # False: nobody has answered it, which is more than an answer without marks


@dataclass(frozen=True, slots=True)
class Note:
    """What happened to a part of a row that could not be taken as it stood.

    `outcome`: `changed` (taken, but not as given), `lost` (this part is left out), `refused` (the whole row is).
    """

    row: int  # from 1: the line, JSON value or sentence
    field: str
    given: str
    allowed: str
    outcome: str

    def __str__(self) -> str:
        return f"row {self.row}, {self.field}: given {self.given}, allowed: {self.allowed} – {self.outcome}"

    def to_json(self) -> dict[str, Any]:
        return {
            "row": self.row,
            "field": self.field,
            "given": self.given,
            "allowed": self.allowed,
            "outcome": self.outcome,
        }


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a file: its record, or None when it was refused; and notes on what was not taken as it stood."""

    number: int
    record: Record | None
    notes: tuple[Note, ...] = ()


class RowRefused(Exception):
    """This row cannot be taken; says the field, what was given and what is allowed."""

    def __init__(self, field: str, given: object, allowed: str) -> None:
        self.field, self.given, self.allowed = field, shown(given), allowed
        super().__init__(f"{field}: given {self.given}, allowed: {allowed}")

    def note(self, row: int) -> Note:
        return Note(row, self.field, self.given, self.allowed, REFUSED)


@dataclass
class Tally:
    """Counts of rows and notes, and the first notes, in constant memory."""

    keep: int = 50
    rows: int = 0
    taken: int = 0
    refused: int = 0
    marks: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)  # of notes
    first: list[Note] = field(default_factory=list)

    def add(self, row: Row) -> None:
        self.rows += 1
        if row.record is None:
            self.refused += 1
        else:
            self.taken += 1
            self.marks += len(row.record.marks)
        for note in row.notes:
            self.note(note)

    def note(self, note: Note) -> None:
        self.outcomes[note.outcome] += 1
        if len(self.first) < self.keep:
            self.first.append(note)


def shown(value: object) -> str:
    """A value as it appears in a note: short, on one line."""
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "…"


def only_taken(rows: Iterator[Row], tally: Tally) -> Iterator[Record]:
    """The records of the rows, counting all that was not taken."""
    for row in rows:
        tally.add(row)
        if row.record is not None:
            yield row.record
