"""Sentences of tokens with columns of values beside them, as CoNLL and its kin hold them, into records."""

from collections.abc import Iterator, Sequence
from typing import Any

from pipeline.text import normalise

from . import tags
from .offsets import decoded
from .record import CHANGED, LOST, Note, Record, Row, RowRefused, shown
from .units import joined


class Sentences:
    """Reads the sentences of one file. Its first one decides which columns hold tags; the others are not taken."""

    def __init__(self, layers: Sequence[str] | None = None) -> None:
        """`layers`: every column holds tags, and these are their layers. By default tag columns are found out and
        numbered, and a lone one is nameless."""
        self._tagged = None if layers is None else list(enumerate(layers))

    def row(self, number: int, tokens: Sequence[str], columns: Sequence[Sequence[str]], **known: Any) -> Row:
        """`columns[c][t]` is the value of column c beside token t. `known`: more fields of the record."""
        notes: list[Note] = []
        if self._tagged is None:
            notes += self._choose(number, columns)
        tagged = self._tagged or []
        cleaned = []
        for at, token in enumerate(tokens):
            # A token that normalises to nothing keeps its place, so that its tags do.
            clean = normalise(decoded(token)) or "\ufffd"
            if clean != token:
                allowed = f"normalised text, as {shown(clean)}"
                notes.append(Note(number, f"token {at + 1}", shown(token), allowed, CHANGED))
            cleaned.append(clean)
        # Joined text is normal already: a blank before a combining mark keeps it from joining the letter before.
        text, ranges = joined(cleaned)
        try:
            if not text.strip():
                raise RowRefused("tokens", tokens, "a text that is not blank")
            if tagged and tagged[-1][0] >= len(columns):
                raise RowRefused("columns", len(columns), f"{tagged[-1][0] + 1} as in the first sentence")
        except RowRefused as error:
            return Row(number, None, (*notes, error.note(number)))
        marks = []
        for column, layer in tagged:
            found, said = tags.read(columns[column], ranges, layer, number)
            marks += found
            notes += said
        record = Record(text, tuple(sorted(marks)), source_tokens=ranges, labelled=bool(tagged), **known)
        return Row(number, record, tuple(notes))

    def _choose(self, number: int, columns: Sequence[Sequence[str]]) -> Iterator[Note]:
        chosen = [at for at, values in enumerate(columns) if all(map(tags.is_tag, values))]
        self._tagged = [(at, f"tags{n}" if len(chosen) > 1 else "") for n, at in enumerate(chosen, 1)]
        for at, values in enumerate(columns):
            if at not in chosen:
                allowed = "a column of tags: O, or B- I- E- S- L- U- and a label"
                yield Note(number, f"column {at + 2}, in all rows", shown(values[0]), allowed, LOST)
