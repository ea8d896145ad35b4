"""Tokens: SentencePiece pieces as code-point ranges of the normalised text, and the words they belong to.

Blanks are trimmed off both ends of each piece, and the bytes of a character the model has no piece for are one token,
so that the tokens are in order, disjoint, and cover every character for which `str.isspace()` is false.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from typing import Any

import sentencepiece

from pipeline.pieces import MARK, PieceShapes
from pipeline.schema import TokenizerId, Tokens
from pipeline.words import boundaries

# Blanks that a model may have no piece for, and the mark itself: a piece does not tell these from letters.
_IRREGULAR = re.compile(f"[^\\S \n\t]|{MARK}")
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

    def encode(self, text: str) -> Tokens:
        """The tokens of a normalised text, and for each the ordinal of its word.

        Words are the segments of UAX #29, joined where a token crosses a boundary.
        """
        if not _IRREGULAR.search(text) and (found := self._shapes.read(self.ids(text), text, self._prefixed)):
            return Tokens(self.id, *found)
        ranges = trimmed(text, self._ranges(text))
        return Tokens.of_ranges(self.id, ranges, word_ordinals(text, ranges))

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
        offered, counted = trimmed(probe, self._ranges(probe)), self.encode(probe).ranges()
        if offered != counted or uncovered(probe, counted):
            raise ModelRefused(
                f"{self.id.name} {self.id.version}: changes the text it reads; allowed: models trained with "
                "normalization_rule_name=identity, remove_extra_whitespaces=false, and a piece for the space"
            )


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


def word_ordinals(text: str, ranges: Sequence[tuple[int, int]]) -> list[int]:
    """For each token the ordinal of its word."""
    parted = boundaries(text)
    ordinals: list[int] = []
    word, end = -1, 0
    for start, after in ranges:
        # Few blanks are part of a word (U+202F in numbers): a gap does not part by itself.
        if not ordinals or any(at in parted for at in range(end, start + 1)):
            word += 1
        ordinals.append(word)
        end = after
    return ordinals


def uncovered(text: str, ranges: Iterable[tuple[int, int]]) -> list[int]:
    """Positions of the non-blank characters that no token covers: none, for tokens of this text."""
    missed, at = [], 0
    for start, end in [*ranges, (len(text), len(text))]:
        missed += [position for position in range(at, start) if not text[position].isspace()]
        at = end
    return missed
