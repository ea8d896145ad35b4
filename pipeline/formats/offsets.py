"""Offsets of a file's text into offsets of its normalised text, whatever the file counts in."""

import re
from collections.abc import Callable
from itertools import chain
from operator import le, lt
from typing import cast

from pipeline.text import normalise

from .ranges import Ranges
from .record import CHANGED, LOST, Mark, Note, RowRefused, shown

CODE_POINTS, UTF16, BYTES = "code-points", "utf-16", "bytes"
UNITS = (CODE_POINTS, UTF16, BYTES)


_ESCAPED = re.compile(r"\\[nrt]")

# What Windows-1252 means by the bytes that Latin-1 leaves to control characters; five of them mean nothing.
_CONTROLS = {
    byte: text for byte in range(0x80, 0xA0) if (text := bytes([byte]).decode("cp1252", errors="ignore"))
}  # fmt: skip


def decoded(text: str) -> str:
    """The text with control characters U+0080 to U+009F as the quotes and dashes of Windows-1252 that they were
    before a wrong decoding, as browsers read them too. Normalising would remove them. Offsets stay."""
    return text if text.isascii() else text.translate(_CONTROLS)


def text_of(value: object, field: str) -> str:
    """A row's text as given; refuses what is not text or has nothing to label."""
    if not isinstance(value, str):
        raise RowRefused(field, value, "a text")
    if not normalise(value).strip():
        raise RowRefused(field, value, "a text that is not blank")
    return value


class Ruler:
    """Turns the offsets of one given text into offsets of its normalised form."""

    def __init__(self, given: str, unit: str = CODE_POINTS) -> None:
        self.given, self.unit = decoded(given), unit
        self.text = normalise(self.given)
        self._same = self.given == self.text

    def plain(self, values: list[object]) -> Ranges | None:
        """Ranges in order that stand as they are, looked at all together; None: one by one it will show what is off."""
        if not self._same or self.unit != CODE_POINTS or set(map(type, values)) != {list}:
            return None
        pairs = cast(list[list[object]], values)
        edges = list(chain.from_iterable(pairs))
        if set(map(len, pairs)) != {2} or set(map(type, edges)) != {int}:
            return None
        points = cast(list[int], edges)
        fits = points[0] >= 0 and points[-1] <= len(self.given) and all(map(le, points, points[1:]))
        starts, ends = points[::2], points[1::2]
        return Ranges(starts, ends) if fits and all(map(lt, starts, ends)) else None

    def mark(
        self,
        row: int,
        field: str,
        start: object,
        end: object,
        label: object,
        surface: object = None,
        layer: str = "",
    ) -> tuple[Mark | None, list[Note]]:
        """The mark, or None when it is lost; with notes on what was changed or why it is lost.

        `surface`: the marked text where the file carries it as a text: it settles what the offsets count.
        """
        given = shown([start, end, label])
        if not isinstance(label, str) or not label:
            return None, [Note(row, field, given, "a label that is a text", LOST)]
        if type(start) is not int or type(end) is not int:
            return None, [Note(row, field, given, "offsets that are whole numbers", LOST)]
        points, why = self._points(start, end, self.unit)
        notes = []
        if isinstance(surface, str) and (points is None or self.given[slice(*points)] != decoded(surface)):
            points, allowed = self._told(start, end, decoded(surface))
            if points is None:
                return None, [Note(row, field, given, allowed, LOST)]
            notes.append(Note(row, field, given, allowed, CHANGED))
        if points is None:
            astral = self.unit != UTF16 and max(self.given) > "\uffff"
            hint = f"; --offsets {UTF16} if these count UTF-16 units" if astral else ""
            return None, [Note(row, field, given, f"{why}{hint}", LOST)]
        moved = points if self._same else (self._down(points[0]), self._up(points[1]))
        if not self._same and normalise(self.given[slice(*points)]) != self.text[slice(*moved)]:
            allowed = f"whole characters of the normalised text, as {shown(self.text[slice(*moved)])}"
            notes.append(Note(row, field, given, allowed, CHANGED))
        if moved[0] >= moved[1]:
            return None, [Note(row, field, given, "a range that holds a character of the normalised text", LOST)]
        return Mark(moved[0], moved[1], label, layer), notes

    def _told(self, start: int, end: int, surface: str) -> tuple[tuple[int, int] | None, str]:
        """The range that holds `surface`, in whatever units, and how that is not as the file has it; or None and why.

        Blanks may differ: browsers show several as one, and Label Studio copies a line break as a backslash and an n.
        """
        units = (self.unit, *(unit for unit in UNITS if unit != self.unit))
        ranges = [(unit, points) for unit in units if (points := self._points(start, end, unit)[0])]
        for same, blanks in ((str, ""), (_without_blanks, "; its blanks differ")):
            for unit, points in ranges:
                if same(self.given[slice(*points)]) == same(surface):
                    counted = f"offsets in {self.unit}; these count {unit}, as the marked text shows"
                    here = f"the marked text as the text has it, {shown(self.given[slice(*points)])}"
                    return points, (here if unit == self.unit else counted) + blanks
        return None, f"a range whose text is {shown(surface)}"

    def _points(self, start: int, end: int, unit: str) -> tuple[tuple[int, int] | None, str]:
        """The range in code points of the given text, or why there is none."""
        size = len(self.given) if unit == CODE_POINTS else _size(self.given, unit)
        if not 0 <= start < end <= size:
            return None, f"0 <= start < end <= {size}, the length of the text"
        if unit == CODE_POINTS or self.given.isascii():
            return (start, end), ""
        measure = _MEASURES[unit]
        ends = {0: 0}
        at = 0
        for index, char in enumerate(self.given, 1):
            at += measure(char)
            ends[at] = index
        if start not in ends or end not in ends:
            return None, f"offsets ({unit}) that do not cut a character"
        return (ends[start], ends[end]), ""

    def _splits(self, point: int) -> bool:
        """Whether normalising joins the characters on both sides of `point`."""
        return normalise(self.given[:point]) + normalise(self.given[point:]) != self.text

    def _down(self, point: int) -> int:
        while point and self._splits(point):
            point -= 1
        return len(normalise(self.given[:point]))

    def _up(self, point: int) -> int:
        while point < len(self.given) and self._splits(point):
            point += 1
        return len(normalise(self.given[:point]))


def _without_blanks(text: str) -> str:
    return "".join(_ESCAPED.sub(" ", text).split())


def _size(text: str, unit: str) -> int:
    measure = _MEASURES[unit]
    return sum(map(measure, text))


_MEASURES: dict[str, Callable[[str], int]] = {
    UTF16: lambda char: 2 if char > "\uffff" else 1,
    BYTES: lambda char: len(char.encode(errors="surrogatepass")),
}
