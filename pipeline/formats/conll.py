"""CoNLL: a token a line with columns of tags, a blank line after each text. Also INCEpTION's WebAnno TSV, read only.

CoNLL holds tokens and no text: read, its tokens stand with one blank between them; written, blanks are not kept.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from . import tags
from .lines import lines
from .options import Reading, Writing
from .record import CHANGED, Note, Record, Row, RowRefused, shown
from .sentences import Sentences
from .units import ranges

_COMMENT = re.compile(r"#\s*[\w.]+\s*=|\s*#\s*\S+(\s*\|.*)?$")
_BREAKS = re.compile(r"[\t\n\r]")


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A row a sentence, numbered by its first line. Columns are parted by tabs, or else by blanks.

    The first column is the token. A sentence whose lines differ in columns is refused alone.
    """
    sentences = Sentences()
    for number, held in _sentences(file, _parts):
        if isinstance(held, RowRefused):
            yield Row(number, None, (held.note(number),))
            continue
        tokens, *columns = zip(*held, strict=True)
        yield sentences.row(number, tokens, columns)


def _sentences(file: BinaryIO, split: Callable[[str], list[str]]) -> Iterator[tuple[int, list[list[str]] | RowRefused]]:
    """(number of the first line, the split lines of a sentence)."""
    first = 0
    held: list[list[str]] = []
    fault: tuple[int, RowRefused] | None = None
    for number, line in lines(file):
        if isinstance(line, RowRefused):
            fault = fault or (number, line)
            first = first or number
        elif not line.strip():
            if first:
                yield fault or (first, held)
            first, held, fault = 0, [], None
        elif line.startswith("-DOCSTART-") or (not held and _COMMENT.match(line) and "\t" not in line):
            continue
        else:
            first = first or number
            parts = split(line)
            if held and len(parts) != len(held[0]):
                allowed = f"{len(held[0])} columns as in line {first}"
                fault = fault or (number, RowRefused(f"line {number}", line, allowed))
            held.append(parts)
    if first:
        yield fault or (first, held)


def _parts(line: str) -> list[str]:
    if not line.count("\t"):
        return line.split()
    return line.split("\t")


def _webanno_parts(line: str) -> list[str]:
    """Without the number of the token; the line ends in a tab."""
    return [part for part in line.split("\t")[1:] if part]


def read_webanno(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """WebAnno TSV: numbered tokens, spans that are stacked by `|`, the text in a comment."""
    sentences = Sentences()
    for number, held in _sentences(file, _webanno_parts):
        if isinstance(held, RowRefused):
            yield Row(number, None, (held.note(number),))
            continue
        tokens, *columns = zip(*held, strict=True)
        stacked = []
        for column in columns:
            depth = max(value.count("|") for value in column) + 1
            for layer in range(depth):
                stacked.append([(value.split("|") + ["O"] * depth)[layer] for value in column])
        yield sentences.row(number, tokens, stacked)


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """Token and one tag column a layer, parted by tabs; returns the number of texts. Raises `tags.TooNarrow`."""
    count = 0
    for count, record in enumerate(records, 1):
        units = ranges(record, how.unit)
        tagged, notes = tags.tag(record.marks, units, how.columns, count)
        for note in notes:
            how.note(note)
        text = record.text
        tokens = [text[start:end] for start, end in units]
        if not all(tokens) or any(map(str.isspace, tokens)) or _BREAKS.search("".join(tokens)):
            tokens = [_filling(token, count, how) for token in tokens]
        rows = map("\t".join, zip(tokens, *tagged, strict=True))
        out.write(("\n".join(rows) + "\n\n").encode())
    return count


def _filling(token: str, row: int, how: Writing) -> str:
    """The token as it fits into a cell of a line."""
    clean = _BREAKS.sub(" ", token).strip() if _BREAKS.search(token) else token
    if not clean.strip():
        clean = "\ufffd"
    if clean != token:
        how.note(Note(row, "token", shown(token), f"a token that fills a cell, as {clean!r}", CHANGED))
    return clean
