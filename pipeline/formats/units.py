"""The units that tags are written for: the file's own tokens, words, or the tokenizer's pieces."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Words:
    """Units and all that lies between them as spaCy parts a text: each word is followed by one blank or by none.

    Blanks beyond one, and other ones, are words of their own: the words and their blanks make up the text again.
    """

    words: list[str]
    spaces: bytes  # of each word: 1 where a blank follows it
    places: list[int]  # of each unit among the words

    @classmethod
    def of(cls, text: str, units: Iterable[tuple[int, int]]) -> "Words":
        words: list[str] = []
        spaces = bytearray()
        places: list[int] = []
        at = 0
        for start, end in [*units, (len(text), len(text))]:
            gap = text[at:start]
            if gap[:1] == " " and words:
                spaces[-1], gap = 1, gap[1:]
            if gap:
                words.append(gap)
                spaces.append(0)
            if start < end:
                places.append(len(words))
                words.append(text[start:end])
                spaces.append(0)
            at = end
        return cls(words, bytes(spaces), places)


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
