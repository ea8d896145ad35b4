"""Where words begin and end: the boundaries of UAX #29, fast for the text that most posts are made of.

A blank (space, line end, tab) is always a boundary, so boundaries are looked for within the stretches between blanks,
and only in those that hold more than Latin letters and digits, which UAX #29 never parts.
"""

import re
from functools import lru_cache

import regex

# Letters and digits that no rule of UAX #29 parts from each other, whatever stands around them.
SIMPLE = "0-9A-Za-z_\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02d7"
_STRETCH = re.compile(rf"(?:(?<=[ \n\t])|(?<![\s\S]))[{SIMPLE}]*[^{SIMPLE} \n\t][^ \n\t]*")
_BOUNDARY = regex.compile(r"(?w)\b")
_CACHED_CHARS = 48  # longer stretches are rare, and would fill the memory


def inner_boundaries(text: str) -> set[int]:
    """Positions of all boundaries that have no space, line end or tab beside them."""
    found: set[int] = set()
    for match in _STRETCH.finditer(text):
        stretch = match.group()
        inner = _cached(stretch) if len(stretch) <= _CACHED_CHARS else _boundaries(stretch)
        if inner:
            start = match.start()
            found.update([start + at for at in inner])
    return found


def _boundaries(stretch: str) -> tuple[int, ...]:
    return tuple(match.start() for match in _BOUNDARY.finditer(stretch) if 0 < match.start() < len(stretch))


_cached = lru_cache(maxsize=50_000)(_boundaries)
