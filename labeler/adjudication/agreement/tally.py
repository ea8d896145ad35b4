"""Agreement added up over posts: in all, per label, per pair of labelers, per week. Pure.

Memory does not grow with posts.

On tokens, the value of a token is the set of labels that cover it; per label it is whether that label does."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from itertools import combinations
from typing import Any

from labeler.adjudication.agreement.matches import Matches, by_label, total
from pipeline.schema import Json

Spans = Sequence[Mapping[str, Any]]  # as annotations store them
NONE: tuple[str, ...] = ()


class Tally:
    def __init__(self) -> None:
        self.posts = 0
        self.spans = Matches()
        self.labels: dict[str, Matches] = defaultdict(Matches)
        self.pairs: dict[tuple[str, str], Matches] = defaultdict(Matches)
        self.pair_posts: dict[tuple[str, str], int] = defaultdict(int)
        self.weeks: dict[str, Matches] = defaultdict(Matches)
        self.tokens = Alpha()
        self._tokens = 0  # values of all tokens together
        self._carried: dict[str, int] = defaultdict(int)  # label → values that say it is there
        self._differing: dict[str, float] = defaultdict(float)

    def add(self, answers: Mapping[str, Spans], tokens: int, at: datetime | None = None) -> None:
        """The answers to a post of `tokens` tokens, by labeler; fewer than two say nothing. `at`: of the last one."""
        if len(answers) < 2:
            return
        self.posts += 1
        week = at.strftime("%G-W%V") if at else ""
        marks = {who: [(one["start"], one["end"], one["label"]) for one in spans] for who, spans in answers.items()}
        for pair in combinations(sorted(marks), 2):
            found = by_label(marks[pair[0]], marks[pair[1]])
            whole = total(found.values())
            self.spans.add(whole)
            self.pairs[pair].add(whole)
            self.pair_posts[pair] += 1
            if week:
                self.weeks[week].add(whole)
            for label, held in found.items():
                self.labels[label].add(held)
        self._add_tokens(list(answers.values()), tokens)

    def _add_tokens(self, answers: Sequence[Spans], tokens: int) -> None:
        many = len(answers)
        painted = [_painted(spans) for spans in answers]
        touched = set().union(*painted)
        self._tokens += tokens * many
        for token in touched:
            values = [labels.get(token, NONE) for labels in painted]
            self.tokens.add(values)
            for label in {name for value in values for name in value}:
                count = sum(label in value for value in values)
                self._carried[label] += count
                self._differing[label] += 2 * count * (many - count) / (many - 1)
        self.tokens.add([NONE] * many, tokens - len(touched))

    def label_alpha(self, label: str) -> float | None:
        carried, total = self._carried[label], self._tokens
        expected = 2 * carried * (total - carried)
        return 1 - (total - 1) * self._differing[label] / expected if expected else None

    def to_json(self) -> Json:
        """F1 counts spans, alpha tokens; a figure that says nothing is null."""
        return {
            "posts": self.posts,
            "spans": {"unit": "span", **_scores(self.spans)},
            "tokens": {"unit": "token", "alpha": _rounded(self.tokens.value)},
            "labels": {
                label: {**_scores(self.labels[label]), "alpha": _rounded(self.label_alpha(label))}
                for label in sorted(self.labels)
            },
            "pairs": [
                {"labelers": list(pair), "posts": self.pair_posts[pair], **_scores(held)}
                for pair, held in sorted(self.pairs.items())
            ],
            "weeks": {week: _scores(held) for week, held in sorted(self.weeks.items())},
        }


def _painted(spans: Spans) -> dict[int, tuple[str, ...]]:
    """The labels over each token, by name; a span off the token edges covers none."""
    found: dict[int, tuple[str, ...]] = {}
    for one in spans:
        first, last = one["tokens"]
        for token in range(max(first, 0), last):
            there = found.get(token, NONE)
            if one["label"] not in there:
                found[token] = tuple(sorted((*there, one["label"]))) if there else (one["label"],)
    return found


def _scores(held: Matches) -> Json:
    return {"count": held.spans, "f1_exact": _rounded(held.f1_exact), "f1_partial": _rounded(held.f1_partial)}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)


class Alpha:
    def __init__(self) -> None:
        self._values: Counter[Hashable] = Counter()  # of pairable units
        self._disagreement = 0.0  # the coincidence matrix off its diagonal, summed

    def add(self, values: Sequence[Hashable], units: int = 1) -> None:
        """The values that people gave to a unit, or to each of `units` alike; one value alone pairs with nothing."""
        many = len(values)
        if many < 2 or not units:
            return
        alike = 0
        for value, count in Counter(values).items():
            self._values[value] += count * units
            alike += count * count
        self._disagreement += units * (many * many - alike) / (many - 1)

    @property
    def value(self) -> float | None:
        """1 is perfect, 0 what chance would give. None where no two values differ: nothing to be reliable about."""
        total = sum(self._values.values())
        expected = total * total - sum(count * count for count in self._values.values())
        if not expected:
            return None
        return 1 - (total - 1) * self._disagreement / expected
