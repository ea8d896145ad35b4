"""Where words begin and end: the boundaries of UAX #29."""

from functools import lru_cache

import regex

_BOUNDARY = regex.compile(r"(?w)\b")
# Flags stand in pairs, so a long row of them may be cut behind any pair. In a whole one `_BOUNDARY` counts, at each,
# all that went before: minutes for a post of nothing else.
_FLAGS = regex.compile(
    r"(?:[\U0001f1e6-\U0001f1ff][\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]*+){100}(?=[\U0001f1e6-\U0001f1ff])"
)
_CACHED_CHARS = 48  # longer stretches are rare, and would fill the memory


def boundaries(text: str) -> set[int]:
    """Positions in front of which a word begins or behind which one ends, both ends of the text left out."""
    cuts = [match.end() for match in _FLAGS.finditer(text)]
    found = {
        start + match.start()
        for start, end in zip([0, *cuts], [*cuts, len(text)], strict=True)
        for match in _BOUNDARY.finditer(text[start:end])
    }
    return found - {0, len(text)}


def stretch_boundaries(stretch: str) -> frozenset[int]:
    """As `boundaries`, for a stretch between two blanks; most are met again and again."""
    return _cached(stretch) if len(stretch) <= _CACHED_CHARS else frozenset(boundaries(stretch))


@lru_cache(maxsize=50_000)
def _cached(stretch: str) -> frozenset[int]:
    return frozenset(boundaries(stretch))
