"""What the answers to one post agree on, and what they dispute, by token ranges. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

TokenSpan = tuple[int, int, str]  # first token, last token + 1, label


@dataclass(frozen=True, slots=True)
class Option:
    """What some answers say about the tokens of a dispute; no spans: nothing is labelled there."""

    answers: tuple[int, ...]  # positions of those that say it
    spans: tuple[TokenSpan, ...]


@dataclass(frozen=True, slots=True)
class Dispute:
    """A range of tokens `[first, last)` about which answers differ: spans that touch are one question."""

    first: int
    last: int
    options: tuple[Option, ...]

    @property
    def union(self) -> tuple[TokenSpan, ...]:
        return tuple(sorted({span for option in self.options for span in option.spans}))

    @property
    def question(self) -> str:
        """What it is about, in words."""
        labels = [{label for _, _, label in option.spans} for option in self.options]
        if len(self.options) == 2 and len(set(map(frozenset, labels))) == 1 and labels[0]:
            return "Where does it end?" if len(self.union) == 2 else "One span, or several?"
        if any(not option.spans for option in self.options):
            return "Is it one at all?"
        return "Which label?" if len({span[:2] for span in self.union}) == 1 else "Which spans?"


def compare(answers: Sequence[Sequence[TokenSpan]]) -> tuple[list[TokenSpan], list[Dispute]]:
    """The spans that all answers hold, and the disputes, both in order of text."""
    sets = [set(answer) for answer in answers]
    agreed = set.intersection(*sets) if sets else set()
    disputed = sorted(set().union(*sets) - agreed)
    ranges: list[list[int]] = []
    for first, last, _ in disputed:
        if ranges and first < ranges[-1][1]:
            ranges[-1][1] = max(ranges[-1][1], last)
        else:
            ranges.append([first, last])
    return sorted(agreed), [_dispute(first, last, sets, agreed) for first, last in ranges]


def _dispute(first: int, last: int, sets: Sequence[set[TokenSpan]], agreed: set[TokenSpan]) -> Dispute:
    said: dict[tuple[TokenSpan, ...], list[int]] = {}
    for position, spans in enumerate(sets):
        here = tuple(sorted(span for span in spans - agreed if first <= span[0] < last))
        said.setdefault(here, []).append(position)
    return Dispute(first, last, tuple(Option(tuple(who), spans) for spans, who in said.items()))
