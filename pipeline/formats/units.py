"""The units that tags are written for: the file's own tokens, words, or the tokenizer's pieces."""

from collections.abc import Sequence
from itertools import chain, compress
from operator import ne

from .ranges import Ranges
from .record import Record

SOURCE, WORD, PIECE = "source", "word", "piece"
UNITS = (SOURCE, WORD, PIECE)


def ranges(record: Record, unit: str) -> Ranges:
    """The units of a text.

    A text that did not come with tokens of its own has words in their place; without pieces, blanks part the words.
    """
    if unit == SOURCE and record.source_tokens is not None:
        return record.source_tokens
    if record.pieces is None:
        return blank_parted(record.text)
    return record.pieces if unit == PIECE else words(record.pieces, record.words)


def words(pieces: Ranges, ordinals: Sequence[int]) -> Ranges:
    """The ranges of words from those of their pieces."""
    # In C throughout: a release does this for each token of each post.
    begins = list(map(ne, ordinals, chain((-1,), ordinals)))
    starts = list(compress(pieces.starts, begins))
    return Ranges(starts, list(compress(pieces.ends, chain(begins[1:], (True,)))))


def blank_parted(text: str) -> Ranges:
    found, at = [], 0
    for word in text.split():
        at = text.index(word, at)
        found.append((at, at + len(word)))
        at += len(word)
    return Ranges.of(found)


def joined(tokens: Sequence[str]) -> tuple[str, Ranges]:
    """Tokens of a file without its text: the text with one blank between them, and their ranges in it."""
    at, found = 0, []
    for token in tokens:
        found.append((at, at + len(token)))
        at += len(token) + 1
    return " ".join(tokens), Ranges.of(found)
