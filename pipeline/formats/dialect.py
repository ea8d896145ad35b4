"""Which columns of a file of tokens hold tags, and in which way they are written: found out from the whole file.

The ways: with a prefix (`B-PER`), with a suffix (`PER-B`), or with neither (`PER`, as Few-NERD has it: what stands
together with one tag is one span).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from . import tags
from .record import LOST, Note, RowRefused, shown

PREFIX, SUFFIX, BARE = "prefix", "suffix", "bare"
_CHUNKS = {"NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP", "PNP"}
_MOST_NAMES = 300  # labels of a column; one with more holds words


@dataclass(frozen=True, slots=True)
class LabelColumn:
    """A column of tags: its place among those beside the token, its layer, and the way they are written."""

    at: int
    layer: str
    way: str = PREFIX

    def prefixed(self, values: Sequence[str]) -> Sequence[str]:
        if self.way == SUFFIX:
            return [f"{found[2]}-{found[1]}" if (found := tags.is_suffixed(value)) else value for value in values]
        if self.way == BARE:
            pairs = pairwise(["O", *values])
            return [one if one == "O" else f"{'I' if one == before else 'B'}-{one}" for before, one in pairs]
        return values


@dataclass
class _Column:
    values: Counter[str] = field(default_factory=Counter)  # at most `_MOST_NAMES` others than tags
    outside: int = 0
    prefixed: int = 0
    suffixed: int = 0
    others: int = 0
    labels: set[str] = field(default_factory=set)

    def add(self, values: Iterable[str]) -> None:
        for value in values:
            if value == "O":
                self.outside += 1
                continue
            if tags.is_tag(value):
                self.prefixed += 1
                self.labels.add(value[2:])
            elif tags.is_suffixed(value):
                self.suffixed += 1
            else:
                self.others += 1
            if value in self.values or len(self.values) <= _MOST_NAMES:
                self.values[value] += 1

    def way(self) -> str:
        """The way of its tags; empty where it holds others than tags, or tags that could be any other values."""
        if self.prefixed > self.others + self.suffixed:
            return PREFIX
        if self.suffixed > self.others + self.prefixed:
            return SUFFIX
        return PREFIX if self.outside and not self.others + self.prefixed + self.suffixed else ""

    def bare(self) -> bool:
        return bool(self.outside) and not self.way() and len(self.values) <= _MOST_NAMES

    def excerpt(self) -> str:
        return shown([value for value, _ in self.values.most_common(3)])


class Survey:
    """Looks at the columns beside the tokens of a whole file, in constant memory."""

    def __init__(self) -> None:
        self._columns: list[_Column] = []

    def add(self, columns: Sequence[Iterable[str]]) -> None:
        while len(self._columns) < len(columns):
            self._columns.append(_Column())
        for column, values in zip(self._columns, columns, strict=False):
            column.add(values)

    def has_tags(self) -> bool:
        return any(column.way() and column.values for column in self._columns)

    def decide(self, first: int) -> tuple[list[LabelColumn], list[Note]]:
        """The columns of tags; and notes, of row `first`, on what the others hold. Raises `RowRefused`."""
        ways = [column.way() for column in self._columns]
        if not self.has_tags() and self._columns and self._columns[-1].bare():
            ways[-1] = BARE
        doubtful = [at for at, column in enumerate(self._columns) if not ways[at] and len(column.values) > 1]
        if doubtful and not any(ways):
            at = doubtful[-1]
            given = f"{self._columns[at].excerpt()} in column {at + 2}"
            either = "tags (O, B- or -B beside a label) or values that are none; --columns says which, as token,_,tags"
            raise RowRefused("columns", given, either)
        chunks = [at for at, column in enumerate(self._columns) if column.labels and column.labels <= _CHUNKS]
        chosen = [at for at, way in enumerate(ways) if way]
        plain = [at for at in chosen if at not in chunks]
        if not plain:
            plain, chunks = chosen, []
        numbered = {at: f"tags{n}" if len(plain) > 1 else "" for n, at in enumerate(plain, 1)}
        found = [LabelColumn(at, numbered.get(at, "chunks"), ways[at]) for at in chosen]
        notes = []
        for at, column in enumerate(self._columns):
            if not ways[at]:
                allowed = "a column of tags: O, or B- I- E- S- L- U- and a label"
                notes.append(Note(first, f"column {at + 2}, in all rows", column.excerpt(), allowed, LOST))
        return found, notes


def named(columns: str) -> tuple[int, list[LabelColumn]]:
    """What `columns` says, as `token,_,tags`: where the token is, and the columns of tags beside it, by layer.

    `_` is passed over; `tags` have a layer without a name. Raises `RowRefused`.
    """
    names = [name.strip() for name in columns.split(",")]
    if names.count("token") != 1 or not all(names):
        raise RowRefused("columns", columns, "names parted by commas: token once, _ for none, or a layer")
    token = names.index("token")
    beside = [name for name in names if name != "token"]
    return token, [LabelColumn(at, "" if name == "tags" else name) for at, name in enumerate(beside) if name != "_"]
