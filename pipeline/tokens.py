"""Tokens: SentencePiece pieces as code-point ranges of the normalised text, and the units they belong to.

Pieces are cut again at the edges of atoms, and what lies in one cluster of characters is one token, whatever the model,
so that the tokens are in order, disjoint, and cover every character that is not blank (`str.isspace()`, U+200B).
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import Any

import sentencepiece

from pipeline.atoms import atoms, clusters, stretches
from pipeline.pieces import MARK, PieceShapes
from pipeline.schema import TokenizerId, Tokens
from pipeline.words import unit_starts

# A piece does not tell what is one cluster with its neighbour, a blank that the model has no piece for, or the mark
# itself. Here are characters that are none of these, or nearly all.
REGULAR = (
    "\t\n\x20-\x7e\xa1-\u02ff\u0370-\u0482\u048a-\u0590\u05be\u05d0-\u05ea\u05f0-\u05f4\u061b-\u064a\u0660-\u066f"
    "\u0671-\u06d5\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u2070-\u20bf\u2100-\u2580\u2582-\u2b5f\u2e80-\u2fdf\u3001-\u3029"
    "\u3030-\u3098\u309b-\ua66e\uac00-\ud7a3\ue000-\ufaff\ufb00-\ufb1d\ufb1f-\ufdff\uff01-\uff9d\U0001f300-\U0001f3fa\U0001f400-\U0001f6ff"
    "\U0001f900-\U0001f9ff"
)
_IRREGULAR = re.compile(f"[^{REGULAR}]")
_PROBE = "Ａ ﬁ①\u200b  x\ny\tÅ\u00e9e\u0301 \u00a0z\u3000ไทย 😀 漢字 \u2581 end. "


class ModelRefused(ValueError):
    """A SentencePiece model whose tokens cannot be told as ranges of the text; says why."""


class Tokenizer:
    """A SentencePiece model made ready. Safe to share between threads.

    The model must have byte fallback, `identity` normalisation and keep all blanks (as those that
    `python -m pipeline.tokenizer train` makes); raises `ModelRefused` otherwise.
    """

    def __init__(self, model: bytes, name: str, version: str) -> None:
        self.id = TokenizerId(name, version, hashlib.sha256(model).hexdigest())
        self._model: Any = sentencepiece.SentencePieceProcessor()
        try:
            self._model.LoadFromSerializedProto(model)
        except RuntimeError as error:
            raise ModelRefused(f"{name} {version}: not a SentencePiece model ({error})") from error
        self.size: int = self._model.get_piece_size()
        self._shapes = self._piece_shapes()
        self._prefixed = self._model.encode("x", return_type=str)[0].startswith(MARK)
        self._prove()

    def encode(self, text: str, language: str = "und") -> Tokens:
        """The tokens of a normalised text, and for each the ordinal of its unit. `language`: ISO 639-1, or `und`."""
        if not _IRREGULAR.search(text):
            found = self._shapes.read(self.ids(text), text, self._prefixed, language)
            if found:
                return Tokens(self.id, *found)
        ranges = cut(text, self._ranges(text))
        return Tokens.of_ranges(self.id, ranges, word_ordinals(text, ranges, language))

    def ids(self, text: str) -> list[int]:
        """Piece numbers, as a model in training reads them."""
        found: list[int] = self._model.encode(text, return_type=int)
        return found

    def pieces(self) -> list[str]:
        return [self._model.id_to_piece(one) for one in range(self.size)]

    def byte_characters(self, text: str) -> int:
        """How many non-blank characters of a text are spelled out in bytes, for want of a piece."""
        found = self._model.encode(text, return_type="offset_mapping")
        pairs = zip(found["ids"], found["offsets"], strict=True)
        return sum(
            end > start and self._model.is_byte(one) and not text[start].isspace() for one, (start, end) in pairs
        )

    def _ranges(self, text: str) -> list[tuple[int, int]]:
        found: list[tuple[int, int]] = self._model.encode(text, return_type="offset_mapping")["offsets"]
        return found

    def _piece_shapes(self) -> PieceShapes:
        numbers = range(self.size)
        is_byte, piece = self._model.is_byte, self._model.id_to_piece
        if not any(map(is_byte, numbers)):
            raise ModelRefused(f"{self.id.name} {self.id.version}: trained without byte fallback")
        try:
            return PieceShapes(int(piece(one)[3:5], 16) if is_byte(one) else piece(one) for one in numbers)
        except ValueError as error:
            raise ModelRefused(f"{self.id.name} {self.id.version}: {error}") from error

    def _prove(self) -> None:
        probe = _IRREGULAR.sub("", _PROBE)
        offered, counted = cut(probe, self._ranges(probe)), self.encode(probe).ranges()
        if offered != counted or uncovered(probe, counted):
            raise ModelRefused(
                f"{self.id.name} {self.id.version}: changes the text it reads; allowed: models trained with "
                "normalization_rule_name=identity, remove_extra_whitespaces=false, and a piece for the space"
            )


def cut(text: str, ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The pieces `ranges` cut at both ends of each atom, and nowhere inside a cluster; blanks are in none."""
    edges = iter(sorted({edge for piece in ranges for edge in piece} | {len(text)}))
    edge = next(edges)
    found = []
    for at, stretch in stretches(text):
        for start, end, _ in atoms(stretch):
            first, after = at + start, at + end
            whole: set[int] | None = None
            while edge < after:
                if edge > first:
                    whole = whole or {first + one for one in clusters(text[first:after])}
                    if edge in whole and edge > first:
                        found.append((first, edge))
                        first = edge
                edge = next(edges)
            found.append((first, after))
    return found


def trimmed(text: str, ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The ranges without blanks at their ends; those that then are empty fall out."""
    found = []
    for start, end in ranges:
        piece = text[start:end]
        body = piece.strip()
        if body:
            start += len(piece) - len(piece.lstrip())
            found.append((start, start + len(body)))
    return found


def word_ordinals(text: str, ranges: Sequence[tuple[int, int]], language: str = "und") -> list[int]:
    """For each token the ordinal of its unit. `ranges`: tokens of any model; where one crosses units they are one."""
    begun = {at + start for at, stretch in stretches(text) for start in unit_starts(stretch, language)}
    return list(accumulate(int(number > 0 and start in begun) for number, (start, _) in enumerate(ranges)))


def uncovered(text: str, ranges: Iterable[tuple[int, int]]) -> list[int]:
    """Positions of the characters that are not blank and in no token: none, for tokens of this text."""
    missed, at = [], 0
    for start, end in [*ranges, (len(text), len(text))]:
        missed += [position for position in range(at, start) if not is_blank(text[position])]
        at = end
    return missed


def is_blank(char: str) -> bool:
    return char.isspace() or char == "\u200b"
