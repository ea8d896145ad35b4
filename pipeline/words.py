"""Where words begin and end: the boundaries of UAX #29."""

from functools import lru_cache

import regex

_BOUNDARY = regex.compile(r"(?w)\b")
_CACHED_CHARS = 48  # longer stretches are rare, and would fill the memory


def boundaries(text: str) -> set[int]:
    """Positions in front of which a word begins or behind which one ends, both ends of the text left out."""
    return {match.start() for match in _BOUNDARY.finditer(text) if 0 < match.start() < len(text)}


def stretch_boundaries(stretch: str) -> frozenset[int]:
    """As `boundaries`, for a stretch between two blanks; most are met again and again."""
    return _cached(stretch) if len(stretch) <= _CACHED_CHARS else frozenset(boundaries(stretch))


@lru_cache(maxsize=50_000)
def _cached(stretch: str) -> frozenset[int]:
    return frozenset(boundaries(stretch))
