"""Near-duplicates: a MinHash signature over the 5-grams of a text's words, and how alike two signatures are.

Two texts are near-duplicates when the Jaccard similarity of their 5-grams is 0.7 or more; the share of equal numbers
in two signatures estimates it, with a standard error of at most 0.05.
"""

from collections.abc import Sequence
from itertools import accumulate
from operator import eq

from rensa import RMinHash

NUMBERS = 128
GRAM = 5
NEAR = 0.7
_SEED = 20_260_101


def grams(text: str) -> list[str]:
    """Each run of five words, in small letters; fewer words make one run, none none."""
    words = text.lower().split()
    if len(words) < GRAM:
        return [" ".join(words)] if words else []
    # Slices of one string: joining the words of each run anew takes twice as long.
    line = " ".join(words)
    starts = list(accumulate([len(word) + 1 for word in words], initial=0))
    return [line[start:end] for start, end in zip(starts, [after - 1 for after in starts[GRAM:]], strict=False)]


def signature(text: str) -> tuple[int, ...]:
    """128 numbers of 32 bits; none for a text of fewer than six words, which would be like any other by chance."""
    found = grams(text)
    if len(found) < 2:
        return ()
    sketch = RMinHash(num_perm=NUMBERS, seed=_SEED)
    sketch.update(found)
    return tuple(sketch.digest())


def similarity(one: Sequence[int], other: Sequence[int]) -> float:
    """Estimated Jaccard similarity of the 5-grams, 0 to 1; 0 where either has no signature."""
    if not one or len(one) != len(other):
        return 0.0
    equal: int = sum(map(eq, one, other))
    return equal / len(one)
