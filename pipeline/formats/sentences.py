"""Sentences of tokens with columns of values beside them, as CoNLL and its kin hold them, into records."""

from collections.abc import Iterable, Sequence
from typing import Any

from pipeline.text import normalise

from . import leftovers, tags
from .dialect import LabelColumn
from .offsets import decoded
from .record import CHANGED, LOST, Note, Record, Row, RowRefused, shown
from .units import joined

_FIELDS = "the fields that this format has tags in"


class Sentences:
    """Reads the sentences of one file, of which it is known which columns hold tags."""

    def __init__(self, tagged: Sequence[LabelColumn], notes: Iterable[Note] = ()) -> None:
        """`notes`: on the whole file; the first row has them."""
        self._tagged, self._notes = tagged, tuple(notes)

    @classmethod
    def of(cls, layers: Sequence[str]) -> "Sentences":
        """Every column holds tags, and these are their layers."""
        return cls([LabelColumn(at, layer) for at, layer in enumerate(layers)])

    def row(
        self,
        number: int,
        tokens: Sequence[str],
        columns: Sequence[Sequence[str]],
        labelled: bool = True,
        meta: dict[str, Any] | None = None,
    ) -> Row:
        """`columns[c][t]` is the value of column c beside token t."""
        notes = list(self._notes)
        self._notes = ()
        tagged = self._tagged
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
            for path, count, sure in leftovers.descriptions(meta or {}):
                if sure and not tagged:
                    raise RowRefused(path, f"{count} that are not read", _FIELDS)
                notes.append(Note(number, path, count, _FIELDS, LOST))
            if tagged and tagged[-1].at >= len(columns):
                raise RowRefused("columns", len(columns), f"{tagged[-1].at + 1}, one a column of tags")
        except RowRefused as error:
            return Row(number, None, (*notes, error.note(number)))
        marks = []
        for column in tagged:
            found, said = tags.read(column.prefixed(columns[column.at]), ranges, column.layer, number)
            marks += found
            notes += said
        answered = labelled and bool(tagged)
        record = Record(text, tuple(sorted(marks)), source_tokens=ranges, labelled=answered, meta=meta or {})
        return Row(number, record, tuple(notes))
