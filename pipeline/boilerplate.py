"""Boiler-plate: lines that a source repeats from post to post, and how much of a text they are. Pure."""

import hashlib
from collections import Counter
from collections.abc import Set

MIN_POSTS = 5  # in fewer posts a repeated line says nothing about the source
MIN_SHARE = 0.2  # of a source's posts that hold the line
MAX_LINES = 20_000


def line_name(line: str) -> str:
    """A line as it is remembered: sixteen hexadecimal digits of its words."""
    return hashlib.sha256(" ".join(line.lower().split()).encode()).hexdigest()[:16]


class RepeatedLines:
    """Counts, over the texts of one source, in how many each line stands."""

    def __init__(self) -> None:
        self.texts = 0
        self._held: Counter[str] = Counter()

    def add(self, text: str) -> None:
        self.texts += 1
        self._held.update({line_name(line) for line in text.split("\n") if line.strip()})

    def lines(self) -> list[str]:
        """Names of the lines that many of the texts hold, most frequent first."""
        least = max(MIN_POSTS, self.texts * MIN_SHARE)
        return [name for name, times in self._held.most_common(MAX_LINES) if times >= least]


def share(text: str, known: Set[str]) -> float:
    """Share of a text's visible characters that are in known lines, 0 to 1."""
    visible = repeated = 0
    for line in text.split("\n"):
        length = sum(map(len, line.split()))
        visible += length
        if length and line_name(line) in known:
            repeated += length
    return repeated / visible if visible else 0.0
