"""Posts into splits. Near-duplicates and posts of one employer make groups, which no split parts; groups go by a seed,
near the wanted shares, and where an earlier release had them."""

import sqlite3
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.draw import draw
from pipeline.signature import NEAR, similarity

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


# 25 bands of 5 numbers: two texts with NEAR (0.7) of their 5-grams in common meet in one of them 99 times of 100.
BANDS, ROWS = 25, 5
_MEETING = f"select distinct post from bands where hash in ({', '.join('?' * BANDS)})"  # noqa: S608


class Groups:
    def __init__(self) -> None:
        self._parents = array("I")
        self._seen = sqlite3.connect("")
        self._seen.execute("create table bands (hash integer primary key, post integer) without rowid")
        self._seen.execute("create table signatures (post integer primary key, numbers blob)")
        self._seen.execute("create table employers (name text primary key, post integer) without rowid")

    def add(self, signature: Sequence[int], employer: str) -> int:
        """Returns the number of the post, from 0. An employer without a name is nobody's."""
        post = len(self._parents)
        self._parents.append(post)
        if signature:
            self._near(post, signature)
        if name := " ".join(employer.casefold().split()):
            found = self._seen.execute("select post from employers where name = ?", (name,)).fetchone()
            if found:
                self._join(post, found[0])
            else:
                self._seen.execute("insert into employers values (?, ?)", (name, post))
        return post

    def of(self, post: int) -> int:
        """The group of a post, named by one of its posts."""
        root = post
        while self._parents[root] != root:
            root = self._parents[root]
        while self._parents[post] != root:
            self._parents[post], post = root, self._parents[post]
        return root

    def close(self) -> None:
        self._seen.close()

    def _near(self, post: int, signature: Sequence[int]) -> None:
        numbers = tuple(signature)
        keys = [hash((band, numbers[band * ROWS : (band + 1) * ROWS])) for band in range(BANDS)]
        for (other,) in self._seen.execute(_MEETING, keys).fetchall():
            if similarity(numbers, self._signature(other)) >= NEAR:
                self._join(post, other)
        self._seen.executemany("insert or ignore into bands values (?, ?)", ((key, post) for key in keys))
        self._seen.execute("insert into signatures values (?, ?)", (post, array("I", signature).tobytes()))

    def _signature(self, post: int) -> Sequence[int]:
        (numbers,) = self._seen.execute("select numbers from signatures where post = ?", (post,)).fetchone()
        found = array("I")
        found.frombytes(numbers)
        return found

    def _join(self, one: int, other: int) -> None:
        low, high = sorted((self.of(one), self.of(other)))
        self._parents[high] = low
