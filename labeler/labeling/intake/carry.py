"""Carries ranges from one text of a posting to the next: what stands in a passage that both share. Pure."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_LINES = re.compile(r"[^\n]*\n|[^\n]+")
_WORDS = re.compile(r"\w+|\W")
MOST_CHARACTERS = 20_000  # of one changed passage; comparing takes the square of its words

Block = tuple[int, int, int]  # start in the old text, start in the new, characters


def shared(old: str, new: str) -> list[Block]:
    """Passages that both texts hold, in order, as long as they can be: by lines, and by words in changed lines."""
    blocks: list[Block] = []
    for start, at, length in _same(old, new):
        if blocks and blocks[-1][0] + blocks[-1][2] == start and blocks[-1][1] + blocks[-1][2] == at:
            start, at, length = blocks[-1][0], blocks[-1][1], blocks[-1][2] + length
            blocks.pop()
        blocks.append((start, at, length))
    return blocks


def moved(start: int, end: int, blocks: Sequence[Block]) -> tuple[int, int] | None:
    """Where the range `[start, end)` of the old text lies in the new one; None when it was touched."""
    for there, here, length in blocks:
        if there <= start and end <= there + length:
            return start - there + here, end - there + here
    return None


def _same(old: str, new: str) -> Iterator[Block]:
    for tag, a, b in _compare(old, new, _LINES):
        if tag == "equal":
            yield a.start, b.start, a.stop - a.start
        elif tag == "replace":
            before, after = old[a], new[b]
            if max(len(before), len(after)) > MOST_CHARACTERS:
                continue
            for inner, c, d in _compare(before, after, _WORDS):
                if inner == "equal":
                    yield a.start + c.start, b.start + d.start, c.stop - c.start


def _compare(old: str, new: str, units: re.Pattern[str]) -> Iterator[tuple[str, slice, slice]]:
    """What `SequenceMatcher` says of the units of both texts, as ranges of characters."""
    ours, theirs = list(units.finditer(old)), list(units.finditer(new))
    matcher = SequenceMatcher(None, [one[0] for one in ours], [one[0] for one in theirs], autojunk=False)
    for tag, i, j, k, m in matcher.get_opcodes():
        yield tag, _characters(ours, i, j, len(old)), _characters(theirs, k, m, len(new))


def _characters(units: Sequence[re.Match[str]], first: int, last: int, end: int) -> slice:
    start = units[first].start() if first < len(units) else end
    return slice(start, units[last - 1].end() if last > first else start)
