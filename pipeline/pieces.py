"""From piece numbers to token steps and units, with no Python loop over the tokens.

SentencePiece builds a Python tuple for each offset, which takes it thrice as long as finding the pieces. The shape of
a piece is the same wherever it stands, so here each piece is a few bytes looked up by its number, three for each token
that it holds, and what is done to all tokens of a text is done to one string of bytes:

    blanks before it · its length · the class of its characters

Only where the classes of two touching tokens do not settle whether a unit begins between them is the text looked at.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

from pipeline.atoms import HANGUL, KATAKANA, PIECES, SIGN, WORD, atoms
from pipeline.words import unit_starts

MARK = "\u2581"  # stands for a space in pieces

# Classes as numbers; the runs first. Two kinds of signs are told apart, which join nothing where a blank is behind them
# or before them: most are such. `_UNKNOWN`: the byte of a character that the model has no piece for.
_NUMBERS = {WORD: 0, KATAKANA: 1, HANGUL: 2, PIECES: 3, SIGN: 4}
_CLOSING, _OPENING, _UNKNOWN = 5, 6, 7
_SIGNS = {**dict.fromkeys('.,;:!?)]}"”»…', _CLOSING), **dict.fromkeys("([{“„«", _OPENING)}
_GAP = 64
_BLANK = b"\xff"  # a blank that is no part of a token; no shape holds this byte
_MOST = 200  # of what one byte of a shape counts

_BLANKS = re.compile(rb"(\xff+)([^\xff])", re.DOTALL)
_TOO_MANY_BLANKS = _BLANK * _MOST
_GAPS = bytes([0] + [_GAP] * 255)


def _begins(code: int) -> int:
    """Does a unit begin at a token? 0: no, 1: yes, 2: the text must be looked at. `code`: gap, two classes, as bits."""
    before, own = code >> 3 & 7, code & 7
    if code & _GAP:
        return 1
    runs = _NUMBERS[SIGN]
    if own == before < runs:
        return 1 if own == _NUMBERS[PIECES] else 0
    # Where more follows without a blank, that is looked at, and all of the stretch with it.
    return 1 if (before < runs and own == _CLOSING) or (before == _OPENING and own < runs) else 2


_DECIDED = bytes(_begins(code) for code in range(256))
_BEFORE = bytes(one << 3 & 0xFF for one in range(256))


class PieceShapes:
    """The shapes of all pieces of a model, by number.

    `pieces`: the text of each with `MARK` for spaces, or a number: the byte that it stands for.
    """

    def __init__(self, pieces: Iterable[str | int]) -> None:
        self._shapes = [_byte_shape(piece) if isinstance(piece, int) else _shape(piece) for piece in pieces]

    def read(
        self, ids: Sequence[int], text: str, prefixed: bool, language: str
    ) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
        """`steps` and `words` of a text whose only blanks are spaces, line ends and tabs; None for very long gaps.

        `prefixed`: the model saw one space in front of the text.
        """
        shapes = b"".join(map(self._shapes.__getitem__, ids))
        if prefixed and shapes:
            shapes = shapes[1:] if shapes[:1] == _BLANK else bytes([shapes[0] - 1]) + shapes[1:]
        if _TOO_MANY_BLANKS in shapes:
            return None
        if _BLANK in shapes:
            shapes = _BLANKS.sub(lambda found: bytes([len(found[1]) + found[2][0]]), shapes.rstrip(_BLANK))
        gaps = shapes[0::3]
        steps = bytearray(2 * len(gaps))
        steps[0::2] = gaps
        steps[1::2] = shapes[1::3]
        return tuple(steps), tuple(accumulate(_beginnings(gaps, shapes[2::3], steps, text, language)))


def _beginnings(gaps: bytes, classes: bytes, steps: bytearray, text: str, language: str) -> bytearray:
    """For each token 1 where it begins a unit that is not the first, else 0."""
    count = len(gaps)
    if not count:
        return bytearray()
    codes = _int(classes) | _int(b"\0" + classes[:-1].translate(_BEFORE)) | _int(gaps.translate(_GAPS))
    found = bytearray(codes.to_bytes(count, "little").translate(_DECIDED))
    if 2 in found:
        _look(found, gaps, list(accumulate(steps)), text, language)
    found[0] = 0
    return found


def _look(found: bytearray, gaps: bytes, edges: list[int], text: str, language: str) -> None:
    """Settles the tokens marked 2, each with all that stand in its stretch. `edges`: start, end, start, end, …"""
    count = len(gaps)
    at = found.find(2)
    while at >= 0:
        first, after = at, at + 1
        while first and not gaps[first]:
            first -= 1
        while after < count and not gaps[after]:
            after += 1
        start = edges[2 * first]
        begun = unit_starts(text[start : edges[2 * after - 1]], language)
        for token in range(first + 1, after):
            found[token] = edges[2 * token] - start in begun
        at = found.find(2, after)


def _int(found: bytes) -> int:
    return int.from_bytes(found, "little")


def _shape(piece: str) -> bytes:
    """A piece that holds several atoms is cut into as many tokens."""
    text = piece.replace(MARK, " ")
    made, at = bytearray(), 0
    for start, end, kind in atoms(text):
        if max(start - at, end - start) > _MOST:
            raise ValueError(f"a piece of {len(text)} characters, allowed: {_MOST}")
        made += bytes([start - at, end - start, _SIGNS.get(text[start:end], _NUMBERS[kind])])
        at = end
    return bytes(made) + _BLANK * (len(text) - at)


def _byte_shape(byte: int) -> bytes:
    """The first byte of a character stands for all of it, the others for nothing."""
    if byte < 0x80:
        return _shape(chr(byte))
    return b"" if byte < 0xC0 else bytes([0, 1, _UNKNOWN])
