"""spaCy's older training files, read only: JSON of documents with tokens, and IOB with a sentence a line."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from .dialect import Survey
from .lines import json_rows, lines
from .options import Reading
from .record import CHANGED, Note, Row, RowRefused
from .sentences import Sentences

_IN_MESSAGE = "tokens with `orth` and `ner` in sentences in paragraphs"


def read_json(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A row a document: the tokens of all its sentences."""
    for number, value in json_rows(file):
        try:
            if isinstance(value, RowRefused):
                raise value
            tokens = list(_tokens(value))
            words, ner = [token["orth"] for token in tokens], [token.get("ner") for token in tokens]
            if not words or not all(isinstance(one, str) for one in words):
                raise RowRefused("tokens", words, _IN_MESSAGE)
            if odd := [one for one in ner if one is not None and not isinstance(one, str)]:
                raise RowRefused("ner", odd[0], _IN_MESSAGE)
            unknown = sum(one in (None, "-") for one in ner)
            tagged = ["O" if one in (None, "-") else str(one) for one in ner]
            # A token of which nothing is known is no answer that nothing is there.
            labelled = not unknown or any(one != "O" for one in tagged)
            others = {key: held for key, held in value.items() if key != "paragraphs"}
            row = Sentences.of([""]).row(number, words, [tagged], labelled, {**others, **_beside(value)})
            notes = list(row.notes)
            if unknown:
                taken = "a text without an answer" if not labelled else "O"
                allowed = f"`ner` of every token; taken as {taken}"
                notes.append(Note(number, "ner", f"nothing of {unknown} tokens", allowed, CHANGED))
        except RowRefused as error:
            yield Row(number, None, (error.note(number),))
        except (KeyError, TypeError, AttributeError) as error:
            yield Row(number, None, (RowRefused("row", repr(error), _IN_MESSAGE).note(number),))
        else:
            yield Row(number, row.record, tuple(notes))


def _beside(document: dict[str, Any]) -> dict[str, Any]:
    """What stands beside the tokens, in paragraphs and sentences."""
    found: dict[str, Any] = {}
    for at, paragraph in enumerate(document["paragraphs"], 1):
        parts = [{key: held for key, held in one.items() if key != "tokens"} for one in paragraph["sentences"]]
        held = {key: value for key, value in paragraph.items() if key not in ("sentences", "raw")}
        held |= {"sentences": parts} if any(parts) else {}
        found |= {f"paragraph {at}": held} if held else {}
    return found


def _tokens(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for paragraph in document["paragraphs"]:
        for sentence in paragraph["sentences"]:
            yield from sentence["tokens"]


def read_iob(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A row a line: tokens parted by blanks, each `word|…|tag` with the same number of parts."""
    begin, first = file.tell(), 0
    survey = Survey()
    for number, held in _lines(file):
        if not isinstance(held, RowRefused):
            first = first or number
            survey.add(list(zip(*held, strict=True))[1:])
    file.seek(begin)
    try:
        sentences = Sentences(*survey.decide(first))
    except RowRefused as error:
        yield Row(1, None, (error.note(1),))
        return
    for number, held in _lines(file):
        if isinstance(held, RowRefused):
            yield Row(number, None, (held.note(number),))
        else:
            tokens, *columns = zip(*held, strict=True)
            yield sentences.row(number, tokens, columns)


def _lines(file: BinaryIO) -> Iterator[tuple[int, list[list[str]] | RowRefused]]:
    for number, line in lines(file):
        if isinstance(line, RowRefused):
            yield number, line
        elif line.strip():
            items = [item.split("|") for item in line.split()]
            odd = next((item for item in items if len(item) != len(items[0]) or not item[0]), None)
            allowed = f"{len(items[0])} parts, as in the first token"
            yield number, RowRefused("token", "|".join(odd), allowed) if odd else items
