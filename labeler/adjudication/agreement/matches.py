"""F1 of the spans of two answers. Pure.

Exact: same ends and label. Partial: same label and at least a character in common (the *type* measure of SemEval-2013
task 9, Segura-Bedmar et al., https://aclanthology.org/S13-2056). The same whichever answer is taken for the truth.
"""

from collections.abc import Collection
from dataclasses import dataclass

Mark = tuple[int, int, str]  # start, end, label; code points


@dataclass(slots=True)
class Matches:
    """Sums over pairs of answers. `exact`, `partial`: spans of either side that the other side has."""

    spans: int = 0
    exact: int = 0
    partial: int = 0

    def add(self, other: "Matches") -> None:
        self.spans += other.spans
        self.exact += other.exact
        self.partial += other.partial

    @property
    def f1_exact(self) -> float | None:
        """None where neither side has a span."""
        return self.exact / self.spans if self.spans else None

    @property
    def f1_partial(self) -> float | None:
        return self.partial / self.spans if self.spans else None


def by_label(one: Collection[Mark], other: Collection[Mark]) -> dict[str, Matches]:
    """The matches of two answers for each label that either uses."""
    found: dict[str, Matches] = {}
    ours, theirs = set(one), set(other)
    for side, opposite in ((ours, theirs), (theirs, ours)):
        for mark in side:
            held = found.setdefault(mark[2], Matches())
            held.spans += 1
            if mark in opposite:
                held.exact += 1
                held.partial += 1
            elif _met(mark, opposite):
                held.partial += 1
    return found


def total(parts: Collection[Matches]) -> Matches:
    whole = Matches()
    for part in parts:
        whole.add(part)
    return whole


def _met(mark: Mark, others: Collection[Mark]) -> bool:
    start, end, label = mark
    return any(label == name and start < last and first < end for first, last, name in others)
