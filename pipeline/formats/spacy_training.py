"""spaCy's older training files, read only: JSON of documents with tokens, and IOB with a sentence a line."""

from collections.abc import Iterator
from typing import Any, BinaryIO

from .lines import json_rows, lines
from .options import Reading
from .record import Row, RowRefused
from .sentences import Sentences

_IN_MESSAGE = "tokens with `orth` and `ner` in sentences in paragraphs"


def read_json(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A row a document: the tokens of all its sentences."""
    for number, value in json_rows(file):
        try:
            if isinstance(value, RowRefused):
                raise value
            tokens = list(_tokens(value))
            words, ner = [token["orth"] for token in tokens], [token.get("ner", "O") for token in tokens]
            if not words or not all(isinstance(one, str) for one in (*words, *ner)):
                raise RowRefused("tokens", words, _IN_MESSAGE)
        except RowRefused as error:
            yield Row(number, None, (error.note(number),))
        except (KeyError, TypeError, AttributeError) as error:
            yield Row(number, None, (RowRefused("row", repr(error), _IN_MESSAGE).note(number),))
        else:
            yield Sentences([""]).row(number, words, [ner])


def _tokens(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for paragraph in document["paragraphs"]:
        for sentence in paragraph["sentences"]:
            yield from sentence["tokens"]


def read_iob(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A row a line: tokens parted by blanks, each `word|…|tag` with the same number of parts."""
    sentences = Sentences()
    for number, line in lines(file):
        if isinstance(line, RowRefused):
            yield Row(number, None, (line.note(number),))
        elif line.strip():
            items = [item.split("|") for item in line.split()]
            odd = next((item for item in items if len(item) != len(items[0]) or not item[0]), None)
            if odd:
                refused = RowRefused("token", "|".join(odd), f"{len(items[0])} parts, as in the first token")
                yield Row(number, None, (refused.note(number),))
                continue
            tokens, *columns = zip(*items, strict=True)
            yield sentences.row(number, tokens, columns)
