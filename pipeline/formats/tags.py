"""Marks into tags and back: BIO in columns, one a layer, in which marks that overlap get further columns."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .ranges import Ranges
from .record import CHANGED, LOST, Mark, Note, shown

_TAG = re.compile(r"(?:([BIESLUM])-(\S.*)|([BIESLUMO]))\Z")
_SUFFIXED = re.compile(r"(\S+)-([BIESLUM])\Z")
_FIRST, _LAST, _INSIDE = "BSU", "ESLU", "IEML"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of tags: the `depth`-th one of a layer, for marks that overlap those in the columns before it."""

    layer: str
    depth: int = 0

    @property
    def name(self) -> str:
        layer = self.layer or "tags"
        return f"{layer}.{self.depth + 1}" if self.depth else layer


class TooNarrow(Exception):
    """A text has marks of one layer that overlap more often than there are columns for: `columns` is what it takes."""

    def __init__(self, columns: tuple[Column, ...]) -> None:
        self.columns = columns
        super().__init__(f"{len(columns)} columns needed")


class NotNamed(Exception):
    """A mark has a label that its layer was not said to have: the label set lost it, or a split of it is open."""

    def __init__(self, layer: str, label: str) -> None:
        self.layer, self.label = layer, label
        super().__init__(f"layer {layer!r} has no label {label!r}")


def columns(layers: Iterable[str]) -> tuple[Column, ...]:
    """One column a layer, in the order given; one nameless column when there are no layers."""
    return tuple(Column(layer) for layer in dict.fromkeys(layers)) or (Column(""),)


def wider(have: tuple[Column, ...], depths: dict[str, int]) -> tuple[Column, ...]:
    """`have`, with as many columns for each layer as `depths` says."""
    order = dict.fromkeys(column.layer for column in have) | dict.fromkeys(depths)
    had = {layer: sum(1 for column in have if column.layer == layer) for layer in order}
    return tuple(Column(layer, at) for layer in order for at in range(max(had[layer], depths.get(layer, 1))))


def tag(marks: Sequence[Mark], units: Ranges, have: tuple[Column, ...], row: int) -> tuple[list[list[str]], list[Note]]:
    """A list of BIO tags for each column. Raises `TooNarrow`.

    A mark off the edges of units is widened to the units that it touches, and said so in the notes; one that touches
    none (it lies on blanks) or falls on the units of another one of its label is lost, and said so.
    """
    tags = [["O"] * len(units) for _ in have]
    places: dict[str, list[int]] = {}
    for at, column in enumerate(have):
        places.setdefault(column.layer, []).append(at)
    depths: dict[str, int] = {}
    notes = []
    taken: dict[tuple[int, int, str, str], Mark] = {}
    for mark in sorted(marks, key=lambda one: (one.start, -one.end, one.label)):
        first, last = units.touched(mark.start, mark.end)
        given = shown([mark.start, mark.end, mark.label])
        if first == last:
            notes.append(Note(row, "span", given, "a range that holds more than blanks", LOST))
            continue
        start, end = units[first][0], units[last - 1][1]
        if (start, end) != (mark.start, mark.end):
            notes.append(Note(row, "span", given, f"edges of units, here [{start}, {end})", CHANGED))
        key = first, last, mark.label, mark.layer
        if key in taken:
            notes.append(Note(row, "span", given, "one mark of a label on the same units", LOST))
            continue
        taken[key] = mark
        for depth, at in enumerate(places.get(mark.layer, ())):  # noqa: B007
            if all(one == "O" for one in tags[at][first:last]):
                tags[at][first:last] = [f"B-{mark.label}", *[f"I-{mark.label}"] * (last - first - 1)]
                break
        else:
            depths[mark.layer] = depths.get(mark.layer, len(places.get(mark.layer, ()))) + 1
    if depths:
        raise TooNarrow(wider(have, depths))
    return tags, notes


def is_suffixed(value: str) -> re.Match[str] | None:
    """A tag that has its state behind the label, as `PER-B`."""
    return _SUFFIXED.match(value)


def is_tag(value: str) -> bool:
    return _TAG.match(value) is not None


def read(tags: Sequence[str], units: Ranges, layer: str, row: int) -> tuple[list[Mark], list[Note]]:
    """The marks of one column of BIO, IOB, BIOES or BILUO tags (a bare `B` is of the label that its layer names).

    A tag inside a mark that never began begins one, and one that is no tag counts as O; both are said in the notes.
    """
    marks: list[Mark] = []
    notes: list[Note] = []
    open_label, start, end = "", 0, 0

    def close() -> None:
        nonlocal open_label
        if open_label:
            marks.append(Mark(start, end, open_label, layer))
        open_label = ""

    for at, (value, unit) in enumerate(zip(tags, units, strict=True)):
        field = f"tag {at + 1} of {layer or 'the tags'}"
        found = _TAG.match(value)
        if not found:
            notes.append(Note(row, field, shown(value), "O, or B- I- E- S- L- U- and a label", LOST))
        state = (found and (found[1] or found[3])) or "O"
        if state == "O":
            close()
            continue
        label = (found and found[2]) or layer
        if not label:
            label = "span"
            notes.append(Note(row, field, shown(value), f"a tag with a label; taken as {label!r}", CHANGED))
        if state in _FIRST or label != open_label:
            if state in _INSIDE:
                before = f"{label!r} in the tag before it; taken as the begin of one"
                notes.append(Note(row, field, shown(value), before, CHANGED))
            close()
            open_label, start = label, unit[0]
        end = unit[1]
        if state in _LAST:
            close()
    close()
    return marks, notes
