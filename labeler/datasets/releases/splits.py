"""Groups into splits: whole, by a seed, near the wanted shares, and where an earlier release had them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.draw import draw

SHARES = {"train": 0.8, "validation": 0.1, "test": 0.1}


@dataclass(frozen=True, slots=True)
class Group:
    """`name`: the least post_id in it. `before`: how many of its posts an earlier release had in each split."""

    name: str
    size: int
    before: Mapping[str, int]


def assign(groups: list[Group], shares: Mapping[str, float], seed: int) -> dict[str, str]:
    """The split of each group by its name.

    A group of which an earlier release has posts goes where most of them were. The others go, in an order that the
    seed shuffles, each to the split that is furthest below its share.
    """
    split_of: dict[str, str] = {}
    sizes = dict.fromkeys(shares, 0)
    new = []
    for group in groups:
        known = {split: count for split, count in group.before.items() if split in shares}
        if known:
            split = max(known, key=lambda one: (known[one], one))
            split_of[group.name] = split
            sizes[split] += group.size
        else:
            new.append(group)
    total = sum(group.size for group in groups)
    # Large groups first: placed last they would spoil the shares.
    for group in sorted(new, key=lambda one: (-one.size, draw(str(seed), one.name))):
        split = max(shares, key=lambda one: (shares[one] * total - sizes[one], shares[one], one))
        split_of[group.name] = split
        sizes[split] += group.size
    return split_of
