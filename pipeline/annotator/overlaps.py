"""Spans that share characters settled: the leftmost stays, of two that start together the longer."""

from collections.abc import Iterable, Iterator

from .phrases import Known

Match = tuple[int, int, Known]


def settled(matches: Iterable[Match]) -> Iterator[Match]:
    """In order and disjoint. Where two are the same range, the one given first stays."""
    free_from = 0
    for start, end, known in sorted(matches, key=lambda match: (match[0], -match[1])):
        if start >= free_from:
            yield start, end, known
            free_from = end
