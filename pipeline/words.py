"""Where units begin: what one click, one step of the cursor and one cell of a screen reader takes.

A unit is the word a person means (`C++`, `node.js`, `R&D`, `€3,500`), whichever tokenizer a project has. The rules are
numbered, with examples, in docs/words.md. A unit never parts an atom: a run of one class of characters, a sign.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

import regex

from pipeline.atoms import CACHED_CHARS, PIECES, SIGN, WORD, Atom, atoms, clusters, stretches

RULES = "words 1"  # part of each preparation: another number whenever tokens or units come out otherwise


def unit_starts(stretch: str, language: str) -> frozenset[int]:
    """Where units begin in a stretch of a text. `language`: ISO 639-1, whatever comes behind a hyphen.

    In scripts without blanks a unit is a token, so that every character there begins one.
    """
    return _cached_starts(stretch, language) if len(stretch) <= CACHED_CHARS else _starts(stretch, language)


@lru_cache(maxsize=50_000)
def _cached_starts(stretch: str, language: str) -> frozenset[int]:
    return _starts(stretch, language)


def units(text: str, language: str = "") -> list[tuple[int, int]]:
    """The units of a text as `[start, end)`, in order; in scripts without blanks one a character."""
    found: list[tuple[int, int]] = []
    for at, stretch in stretches(text):
        starts = sorted(unit_starts(stretch, language))
        parts = atoms(stretch)
        ends = {start: end for (_, end, _), (start, *_) in pairwise(parts)}
        for start, after in zip(starts, [*starts[1:], len(stretch)], strict=True):
            found.append((at + start, at + ends.get(after, after)))
    return found


def _starts(stretch: str, language: str) -> frozenset[int]:
    parts = atoms(stretch)
    if len(parts) == 1 and parts[0][2] != PIECES:
        return frozenset((0,))
    return frozenset(_Reader(stretch, parts, _RULES.get(language[:2], _OTHERS)).starts())


class _Rules:
    """What one language adds: words that an apostrophe ends, endings in brackets, and forms of both genders."""

    def __init__(self, elided: str = "(?!)", plural: str = "s|es", gender: bool = False) -> None:
        self.elided = regex.compile(elided, regex.IGNORECASE)
        self.plural = regex.compile(plural)
        self.gender = gender


_RULES: Mapping[str, _Rules] = {
    "fr": _Rules("[cdjlmnst]|qu|jusqu|lorsqu|puisqu|quoiqu"),
    "it": _Rules("[cdls]|un|all|dall|dell|nell|sull|coll|quell|quest|sant"),
    "de": _Rules(plural="in|innen|n|en", gender=True),
}
_OTHERS = _Rules()

_INNEN = frozenset(("in", "innen"))
_GENDERED = frozenset((*_INNEN, "r", "n", "e"))
_SLASHED = frozenset(("TCP/IP", "PL/SQL", "S/4HANA", "OS/2", "km/h"))
_UPPER = regex.compile(r"[\p{Lu}\p{N}]{1,2}")
_AFTER_STOP = regex.compile(r"[\p{Ll}\p{Lo}\p{N}].*|\p{Lu}{2,}|(?i:js|net|io)", regex.DOTALL)
_LETTER = regex.compile(r"\p{L}")
_HEBREW = regex.compile(r"\p{Hebrew}")
_CURRENCY = regex.compile(r"\p{Sc}")
_OPENING = frozenset("([{'\"“„«‘¿¡/,")
_JOINING = frozenset("'’ʼ-‐‑–&.,:*·/°״\"")  # what `_joins` knows
_GROUP_BLANKS = frozenset("\u00a0\u202f\u2009")

_ADDRESS = regex.compile(r"://[^\s<>\"]+|www\.[^\s<>\"]+", regex.IGNORECASE)
_SCHEME = regex.compile(r"(?r)[a-z][a-z\d+.-]*", regex.IGNORECASE)
_MAIL = regex.compile(
    r"(?:(?<![\p{L}\p{N}._%+-])|\G)[\p{L}\p{N}._%+-]++@[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}"
)
_STOPPED = regex.compile(  # bounded: a stretch may be one long row of these
    r"(?<![\p{L}\p{N}])(?:(?:\p{L}{2,3}\.){1,8}\p{L}\.|\p{L}\.\p{L}{1,3}\.)(?:\p{L}{1,3}\.){0,8}(?![\p{L}\p{N}])"
)
_TAIL = ".,;:!?'’\"”»…"
_BRACKETS = {")": "(", "]": "[", "}": "{"}


def _whole(stretch: str) -> Iterator[tuple[int, int]]:
    """Rules 1 to 3: addresses, e-mails, and abbreviations with stops inside, in the order of the rules."""
    lower = stretch.lower() if "." in stretch or ":" in stretch else ""
    if "://" in lower or "www." in lower:
        for found in _ADDRESS.finditer(stretch):
            start = found.start()
            if stretch[start] == ":":
                scheme = _SCHEME.match(stretch, 0, start)
                if not scheme:
                    continue
                start = scheme.start()
            yield start, start + len(_bare(stretch[start : found.end()]))
    if "@" in stretch:
        for found in _MAIL.finditer(stretch):
            local = found.group()
            yield found.end() - len(local.lstrip(".%+-")), found.end()
    if "." in stretch:
        for found in _STOPPED.finditer(stretch):
            yield found.span()


def _bare(address: str) -> str:
    """Without the signs that end the sentence, and without a closing bracket that was not opened in it."""
    surplus = sum(map(address.count, ")]}")) - sum(map(address.count, "([{"))
    while True:
        address = address.rstrip(_TAIL)
        if surplus <= 0 or address[-1:] not in _BRACKETS:
            return address
        address = address[:-1]
        surplus -= 1


class _Reader:
    """Reads the atoms of one stretch from the left, unit by unit."""

    def __init__(self, stretch: str, parts: tuple[Atom, ...], rules: _Rules) -> None:
        self._stretch = stretch
        self._parts = parts
        self._rules = rules
        self._texts = [stretch[start:end] for start, end, _ in parts]
        self._kinds = "".join([kind for *_, kind in parts])
        self._fixed: dict[int, int] = {}  # first atom of what is taken whole → its last
        self._within: set[int] = set()
        self._fix()

    def starts(self) -> Iterator[int]:
        index = 0
        while index < len(self._parts):
            last, kind = index, self._kinds[index]
            if index in self._fixed:
                last = self._fixed[index]
            elif kind == SIGN:
                last = self._sign(index)
            elif kind != PIECES:
                last = self._grow(index)
            start = self._parts[index][0]
            yield start
            if kind == PIECES and last == index:
                yield from (start + at for at in clusters(self._texts[index])[1:])
            index = last + 1

    def _fix(self) -> None:
        found = list(_whole(self._stretch))
        if not found:
            return
        at = {start: index for index, (start, *_) in enumerate(self._parts)}
        ends = {end: index for index, (_, end, _) in enumerate(self._parts)}
        for start, end in found:
            first, last = at.get(start), ends.get(end)
            if first is None or last is None or last < first or not self._within.isdisjoint(range(first, last + 1)):
                continue
            self._fixed[first] = last
            self._within.update(range(first, last + 1))

    def _text(self, index: int) -> str:
        return self._texts[index] if 0 <= index < len(self._texts) else ""

    def _touch(self, index: int) -> bool:
        """Does the atom touch the one behind it?"""
        return index + 1 < len(self._parts) and self._parts[index][1] == self._parts[index + 1][0]

    def _is_word(self, index: int) -> bool:
        return index < len(self._kinds) and self._kinds[index] in "WKH"

    def _grow(self, first: int) -> int:
        """The last atom of a word, with what it is joined to and what may end it."""
        last, kinds = first, self._kinds
        while True:
            sign, right = last + 1, last + 2
            if sign >= len(kinds):
                return last
            if not self._touch(last):
                # 4: groups of digits, parted by a blank that does not break
                gap = self._stretch[self._parts[last][1] : self._parts[sign][0]]
                group = self._texts[sign]
                if not (gap in _GROUP_BLANKS and _digits(self._texts[last]) and len(group) == 3 and _digits(group)):
                    return last
                last = sign
            elif kinds[sign] != SIGN:
                return last
            elif self._joins(last):
                last = right
            elif self._texts[sign] == "+" == self._text(right) and self._is_version(right):
                last = right + 1  # 10: C++17
            elif self._rules.gender and self._text(sign) == "/" and self._is_innen(right):
                last = right + 1  # 12: Kolleg/-innen
            else:
                return self._ended(last)

    def _joins(self, left: int) -> bool:
        """Does the sign behind a part join it to the part behind the sign?"""
        sign, right = left + 1, left + 2
        mark = self._texts[sign]
        if mark not in _JOINING or self._kinds[left : right + 1] != "WSW" or not self._touch(sign):
            return False
        if right in self._within:
            return False
        return _joined(self._texts[left], mark, self._texts[right], self._behind(right), self._rules)

    def _behind(self, index: int) -> str:
        return self._text(index + 1) if self._touch(index) else ""

    def _is_version(self, plus: int) -> bool:
        return self._touch(plus - 1) and _digits(self._behind(plus))

    def _is_innen(self, hyphen: int) -> bool:
        is_hyphen = self._text(hyphen) in ("-", "‐") and self._touch(hyphen - 1)
        return is_hyphen and self._behind(hyphen) in _INNEN

    def _ended(self, last: int) -> int:
        """The last atom, where a sign behind a word belongs to it."""
        sign = last + 1
        word, mark = self._texts[last], self._texts[sign]
        goes_on = self._touch(sign) and self._is_word(sign + 1)
        if mark in "'’" and goes_on and self._rules.elided.fullmatch(word):
            return sign  # 5
        if mark == "#" and not goes_on:
            return sign  # 10
        if mark == "+":
            end = sign + 1 if self._behind(sign) == "+" else sign
            if not (self._touch(end) and self._is_word(end + 1)):
                return end  # 10
        if _ends_in_digit(word) and (mark in "%‰°" or _CURRENCY.fullmatch(mark)):
            return sign  # 4
        if mark == "(" and self._kinds[last] == WORD and self._text(sign + 2) == ")":
            ending = self._text(sign + 1) if self._touch(sign) and self._touch(sign + 1) else ""
            if self._rules.plural.fullmatch(ending):
                return sign + 2  # 12, 13
        return last

    def _sign(self, first: int) -> int:
        """A sign joined to the word behind it, or a run of the same sign."""
        mark, right = self._texts[first], first + 1
        if self._touch(first) and self._is_word(right) and right not in self._fixed:
            following = self._texts[right]
            number = following[0].isdecimal()
            is_free = first == 0 or not self._touch(first - 1) or self._texts[first - 1] in _OPENING
            if number and _CURRENCY.fullmatch(mark):
                return self._grow(right)  # 4
            if is_free and ((mark == "." and _LETTER.match(following)) or mark in "#@" or (mark == "+" and number)):
                return self._grow(right)  # 8, 11
        last = first
        while self._touch(last) and self._texts[last + 1] == mark and last + 1 not in self._fixed:
            last += 1
        return last  # 14


def _joined(left: str, mark: str, right: str, behind: str, rules: _Rules) -> bool:
    """Rules 4 to 9 and 12, for a sign between two parts; `behind`: what follows the right one at once."""
    numbers = _ends_in_digit(left) and right[0].isdecimal()
    match mark:
        case "'" | "’" | "ʼ":
            return not rules.elided.fullmatch(left)
        case "-" | "‐" | "‑" | "&":
            return True
        case "." if not numbers:
            return bool(_AFTER_STOP.fullmatch(right))
        case ":" if rules.gender and right in _INNEN:
            return True
        case "*" | "·":
            return rules.gender and right in _GENDERED
        case "/":
            return behind not in ("+", "#") and _slashed(left, right, rules)
        case "°":
            return _ends_in_digit(left) and right in ("C", "F", "K")
        case "״" | '"':
            return bool(_HEBREW.match(left[-1]) and _HEBREW.match(right))
    return numbers


def _slashed(left: str, right: str, rules: _Rules) -> bool:
    if (_digits(left) and _digits(right)) or len(left) == len(right) == 1 or (rules.gender and right in _INNEN):
        return True
    return bool(_UPPER.fullmatch(left) and _UPPER.fullmatch(right)) or f"{left}/{right}" in _SLASHED


def _digits(part: str) -> bool:
    return part.isdecimal()


def _ends_in_digit(part: str) -> bool:
    return part[-1].isdecimal()
