"""Ranges of a text, held flat: exports walk over every token, and a tuple for each would be most of their time."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, chain


@dataclass(frozen=True, slots=True)
class Ranges:
    """`[start, end)` ranges of a text in code points, in order and disjoint."""

    starts: list[int]
    ends: list[int]

    @classmethod
    def of(cls, pairs: Iterable[tuple[int, int]]) -> "Ranges":
        return cls._of_edges(list(chain.from_iterable(pairs)))

    @classmethod
    def of_steps(cls, steps: Iterable[int]) -> "Ranges":
        """Of gap, length, gap, length, …"""
        return cls._of_edges(list(accumulate(steps)))

    @classmethod
    def _of_edges(cls, edges: list[int]) -> "Ranges":
        return cls(edges[::2], edges[1::2])

    def __len__(self) -> int:
        return len(self.starts)

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.starts, self.ends, strict=True)

    def __getitem__(self, at: int) -> tuple[int, int]:
        return self.starts[at], self.ends[at]

    def touched(self, start: int, end: int) -> tuple[int, int]:
        """The half-open range of those that share a character with `[start, end)`; empty when none does."""
        first = bisect_right(self.ends, start)
        return first, max(first, bisect_left(self.starts, end))
