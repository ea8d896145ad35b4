"""Atoms: the coarsest cut that a tokenizer may make. A run of one class of characters, or a sign by itself.

No token lies across the end of an atom, so that what a click takes never depends on the model. Classes: W letters,
marks and numbers; K Katakana; H Hangul; P scripts without blanks between words; S all other, each sign by itself. A
cluster, what a reader takes for one character, has the class of its first code point.
"""

from collections.abc import Iterator
from functools import lru_cache

import regex

_BLANK = r"\s\u200b"
_KATAKANA = r"\p{Script=Katakana}ー"
_PIECES = r"\p{Han}\p{Hiragana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"  # no blanks between words: what the model says
_WORD = rf"[[\p{{L}}\p{{M}}\p{{N}}_\u00ad\u200c\u200d\u2060]--[{_PIECES}{_KATAKANA}\p{{Hangul}}]]"
_CLASSES = {"K": f"[{_KATAKANA}]", "P": f"[[{_PIECES}]--[ー]]", "H": r"\p{Hangul}", "W": _WORD}
WORD, KATAKANA, HANGUL, PIECES, SIGN = "W", "K", "H", "P", "S"

_FLAG = "[\U0001f1e6-\U0001f1ff]"
_EXTENDED = r"[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}]*+"
# Flags stand in pairs: told here, for `\X` counts at each of them all that went before.
_CLUSTER = regex.compile(rf"{_FLAG}{_EXTENDED}(?:{_FLAG}{_EXTENDED})?|\X")
_CLUSTERS = regex.compile(
    r"[\p{GCB=Extend}\p{GCB=ZWJ}\p{GCB=SpacingMark}\p{GCB=Prepend}\p{GCB=RI}\p{GCB=L}\p{GCB=V}\p{GCB=T}]"
)
_RUNS = regex.compile(
    "|".join(f"(?P<{name}>{one}+)" for name, one in _CLASSES.items()) + rf"|(?P<S>[^{_BLANK}])", regex.V1
)
_CLUSTER_RUNS = regex.compile(
    "|".join(rf"(?P<{name}>(?:(?={one})\X)+)" for name, one in _CLASSES.items())
    + rf"|(?P<S>{_FLAG}{_EXTENDED}(?:{_FLAG}{_EXTENDED})?|(?=[^{_BLANK}])\X)",
    regex.V1,
)
# Between two blanks; a blank that does not break may stand between the digits of one number.
_STRETCH = regex.compile(rf"[^{_BLANK}]+(?:(?<=\p{{Nd}})[\u00a0\u202f\u2009](?=\p{{Nd}}{{3}})[^{_BLANK}]+)*+")

CACHED_CHARS = 48  # longer stretches are rare, and would fill the memory

Atom = tuple[int, int, str]  # start, end, class


def atoms(stretch: str) -> tuple[Atom, ...]:
    """The coarsest cut that a tokenizer may make: runs of one class, and each sign by itself. No blank is in one."""
    return _cached(stretch) if len(stretch) <= CACHED_CHARS else _read(stretch)


@lru_cache(maxsize=50_000)
def _cached(stretch: str) -> tuple[Atom, ...]:
    return _read(stretch)


def _read(stretch: str) -> tuple[Atom, ...]:
    runs = _CLUSTER_RUNS if _CLUSTERS.search(stretch) else _RUNS
    return tuple((*found.span(), found.lastgroup or SIGN) for found in runs.finditer(stretch))


def clusters(text: str) -> list[int]:
    """Where what a reader takes for one character begins, in order."""
    return [found.start() for found in _CLUSTER.finditer(text)]


def stretches(text: str) -> Iterator[tuple[int, str]]:
    """What stands between blanks, with its start: no unit lies across their ends."""
    for found in _STRETCH.finditer(text):
        yield found.start(), found.group()
