"""From piece numbers to token steps and words, with no Python loop over the tokens.

SentencePiece builds a Python tuple for each offset, which takes it thrice as long as finding the pieces. The shape of
a piece is the same wherever it stands, so here each piece is four bytes looked up by its number, and what is done to
all tokens of a text is done to one string of bytes:

    blanks before it · its length · the kind of its first character · the kind of its last

Only where the kinds of two touching characters do not settle whether a word ends between them is the text looked at.
"""

import re
from collections.abc import Iterable, Sequence
from itertools import accumulate

from pipeline.words import stretch_boundaries

MARK = "\u2581"  # stands for a space in pieces
# Letters and digits that no rule of UAX #29 parts from each other, whatever stands around them.
SIMPLE = "0-9A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02d7"

# Kinds of characters, as bits.
_SIMPLE, _APART, _LOOK, _MID_LAST, _MID_FIRST = 0, 1, 2, 4, 8
_GAP = 16
_MID = frozenset(".,:;'")  # they join letters or digits on both sides, and nothing else
_BLANK = b"\xff"  # a blank that is no part of a token; no shape holds this byte
_MOST = 200  # of what one byte of a shape counts

_BLANKS = re.compile(rb"(\xff+)([^\xff])", re.DOTALL)
_TOO_MANY_BLANKS = _BLANK * _MOST
_IS_SIMPLE = re.compile(f"[{SIMPLE}]")
_GAPS = bytes([0] + [_GAP] * 255)


def _parts(code: int) -> int:
    """Does a word begin at a token? 0: no, 1: yes, 2: the text must be looked at. `code`: kinds and gaps, as bits."""
    if code & _GAP:
        return 1
    if code & _LOOK:
        return 2
    if code & _APART or (code & _MID_LAST and code & _MID_FIRST):
        return 1
    if code & _MID_LAST:
        return 2
    if code & _MID_FIRST:
        return 1  # what touches it next is looked at, and all of the stretch with it
    return 0


_DECIDED = bytes(_parts(code) for code in range(256))


class PieceShapes:
    """The shapes of all pieces of a model, by number.

    `pieces`: the text of each with `MARK` for spaces, or a number: the byte that it stands for.
    """

    def __init__(self, pieces: Iterable[str | int]) -> None:
        self._shapes = [_byte_shape(piece) if isinstance(piece, int) else _shape(piece) for piece in pieces]

    def read(self, ids: Sequence[int], text: str, prefixed: bool) -> tuple[tuple[int, ...], tuple[int, ...]] | None:
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
        gaps = shapes[0::4]
        steps = bytearray(2 * len(gaps))
        steps[0::2] = gaps
        steps[1::2] = shapes[1::4]
        return tuple(steps), tuple(accumulate(_beginnings(gaps, shapes[2::4], shapes[3::4], steps, text)))


def _beginnings(gaps: bytes, firsts: bytes, lasts: bytes, steps: bytearray, text: str) -> bytearray:
    """For each token 1 where it begins a word that is not the first, else 0."""
    count = len(gaps)
    if not count:
        return bytearray()
    codes = _int(firsts) | _int(b"\0" + lasts[:-1]) | _int(gaps.translate(_GAPS))
    found = bytearray(codes.to_bytes(count, "little").translate(_DECIDED))
    if 2 in found:
        _look(found, gaps, list(accumulate(steps)), text)
    found[0] = 0
    return found


def _look(found: bytearray, gaps: bytes, edges: list[int], text: str) -> None:
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
        parted = stretch_boundaries(text[start : edges[2 * after - 1]])
        for token in range(first + 1, after):
            found[token] = edges[2 * token] - start in parted
        at = found.find(2, after)


def _int(found: bytes) -> int:
    return int.from_bytes(found, "little")


def _shape(piece: str) -> bytes:
    text = piece.replace(MARK, " ")
    body = text.strip()
    before = len(text) - len(text.lstrip())
    after = len(text) - len(body) - before
    if not body:
        return _BLANK * len(text)
    if max(before, len(body)) > _MOST:
        raise ValueError(f"a piece of {len(text)} characters, allowed: {_MOST}")
    return bytes([before, len(body), _kind(body[0], len(body) == 1), _last_kind(body[-1])]) + _BLANK * after


def _byte_shape(byte: int) -> bytes:
    """The first byte of a character stands for all of it, the others for nothing."""
    if byte < 0x80:
        return _shape(chr(byte))
    return b"" if byte < 0xC0 else bytes([0, 1, _LOOK, _LOOK])


def _kind(first: str, alone: bool) -> int:
    if _IS_SIMPLE.match(first):
        return _SIMPLE
    if not first.isascii() or (first in _MID and not alone):
        return _LOOK
    return _MID_FIRST if first in _MID else _APART


def _last_kind(last: str) -> int:
    return _MID_LAST if last in _MID else _kind(last, True)
