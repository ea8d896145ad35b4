"""Tokens and spans of one normalised text."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Self

from pipeline.schema.reading import Json, Record, SchemaError, shown, take, take_each


@dataclass(frozen=True, slots=True)
class TokenizerId(Record):
    """A tokenizer model: `sha256` is that of the model file, in hexadecimal."""

    name: str
    version: str
    sha256: str

    @property
    def key(self) -> str:
        """Its object in the posts bucket."""
        return f"tokenizers/{self.name}/{self.version}.model"


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one normalised text.

    `steps`: gap, length, gap, length, … in code points, one pair a token: in order and disjoint by construction.
    `words`: for each token the ordinal of the word it belongs to; it never falls.
    """

    tokenizer: TokenizerId
    steps: tuple[int, ...]
    words: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.words)

    def ranges(self) -> list[tuple[int, int]]:
        """The tokens as `[start, end)` code-point ranges of the text."""
        edges = accumulate(self.steps)
        return list(zip(edges, edges, strict=True))

    @classmethod
    def of_ranges(cls, tokenizer: TokenizerId, ranges: Sequence[tuple[int, int]], words: Sequence[int]) -> Self:
        steps, at = [], 0
        for start, end in ranges:
            steps += [start - at, end - start]
            at = end
        return cls(tokenizer, tuple(steps), tuple(words))

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Takes its fields out of `data`."""
        kinds = {"tokenizer": TokenizerId, "steps": tuple[int, ...], "words": tuple[int, ...]}
        tokenizer, steps, words = take_each(data, **kinds)
        if len(steps) != 2 * len(words):
            raise SchemaError(f"field 'steps': given {len(steps)} numbers for {len(words)} words, allowed: 2 a token")
        return cls(tokenizer, steps, words)

    def to_json(self) -> Json:
        return {"tokenizer": self.tokenizer.to_json(), "steps": list(self.steps), "words": list(self.words)}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A labelled range: `[start, end)` in code points, and the half-open range of tokens it covers.

    `first` and `last` are -1 where the span does not fall on token edges (imports may bring such spans).
    """

    start: int
    end: int
    label: str
    first: int
    last: int

    @classmethod
    def from_json(cls, data: Json) -> Self:
        data = dict(data)
        tokens = take(data, "tokens", list)
        if len(tokens) != 2 or any(type(token) is not int for token in tokens):
            raise SchemaError(f"field 'tokens': given {shown(tokens)}, allowed: [first, last + 1]")
        return cls(take(data, "start", int), take(data, "end", int), take(data, "label", str), *tokens)

    def to_json(self) -> Json:
        return {"start": self.start, "end": self.end, "label": self.label, "tokens": [self.first, self.last]}


def to_rows(spans: Iterable[Span]) -> list[Json]:
    """Spans as they are stored."""
    return [one.to_json() for one in spans]


@dataclass(frozen=True, slots=True)
class Suggestion(Record):
    """A span that a program proposes, with the score (0 to 1) it gives itself and its name."""

    start: int
    end: int
    label: str
    score: float
    by: str
