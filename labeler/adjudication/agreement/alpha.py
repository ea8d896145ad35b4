"""Krippendorff's alpha for nominal data, added up unit by unit in constant memory. Pure.

After Krippendorff (2011), *Computing Krippendorff's Alpha-Reliability*, https://repository.upenn.edu/asc_papers/43:
1 - observed / expected disagreement, over all pairs of values that different people gave to the same unit.
"""

from collections import Counter
from collections.abc import Hashable, Sequence


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
