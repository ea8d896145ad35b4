"""Boiler-plate: lines that a source repeats from post to post, and how much of a text they are. Pure."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Set

MIN_POSTS = 5  # in fewer posts a repeated line says nothing about the source
MIN_SHARE = 0.2  # of a source's posts that hold the line
MAX_LINES = 20_000


def line_name(line: str) -> str:
    """A line as it is remembered: sixteen hexadecimal digits of its words."""
    return hashlib.sha256(" ".join(line.lower().split()).encode()).hexdigest()[:16]


def repeated_lines(texts: Iterable[str]) -> list[str]:
    """Names of the lines that many of the texts hold, most frequent first; each text counts once a line."""
    held: Counter[str] = Counter()
    count = 0
    for text in texts:
        count += 1
        held.update({line_name(line) for line in text.split("\n") if line.strip()})
    least = max(MIN_POSTS, count * MIN_SHARE)
    return [name for name, times in held.most_common(MAX_LINES) if times >= least]


def share(text: str, known: Set[str]) -> float:
    """Share of a text's visible characters that are in known lines, 0 to 1."""
    visible = repeated = 0
    for line in text.split("\n"):
        length = sum(map(len, line.split()))
        visible += length
        if length and line_name(line) in known:
            repeated += length
    return repeated / visible if visible else 0.0
