r"""Strangers' regular expressions, by RE2: it compiles within a fixed memory and never backtracks.

RE2 lacks some of what Python's `re` has. What can be said otherwise is rewritten: `\w \d \s` are those of Unicode as in
Python, not ASCII as in RE2; `\uXXXX`, `\Z`, `{,3}` and remarks are spelled as RE2 wants them. The rest is refused.
"""

import re
from collections.abc import Iterable, Iterator

import re2

from .phrases import Known
from .plugin import BadInput

MAX_PATTERNS = 1000  # each is looked for by itself in every text
MAX_PATTERN_CHARS = 1000
# Bytes of one pattern, compiled and while it matches.
MEMORY = 2 << 20
MAX_REPEATS = 1000
MAX_INSTRUCTIONS = 1_000_000  # of all patterns of a file: compiling them takes about a second

# What `\w`, `\d` and `\s` stand for inside a class.
_CLASSES = {
    "w": r"\p{L}\p{M}\p{N}\p{Pc}",
    "d": r"\p{Nd}",
    "s": r"\t-\r\x{1c}-\x{1f}\x{85}\p{Z}",
}
_PIECE = re.compile(
    r"(?P<quoted>\\Q.*?(?:\\E|$))|\\u(?P<u4>[0-9A-Fa-f]{4})|\\U(?P<u8>[0-9A-Fa-f]{8})|\\p\{[^}]*\}|\\(?P<escape>.)"
    r"|(?P<posix>\[:\^?\w+:\])|(?P<remark>\(\?#[^)]*\))|\{(?P<least>\d*),?(?P<most>\d*)\}|(?P<open>\[\^?\]?)|(?P<close>\])|.",
    re.DOTALL,
)
_SAYS = {  # beginnings of what RE2 says, and what it means for somebody who knows other engines
    "invalid perl operator: (?=": "looks ahead, which is not to be had: match what follows too, or leave it out",
    "invalid perl operator: (?!": "looks ahead, which is not to be had: name what may follow, as in [^x]",
    "invalid perl operator: (?<": "looks behind, which is not to be had: match what comes before too, or leave it out",
    "invalid perl operator: (?>": "an atomic group, which is not to be had and not needed: write (?:…)",
    "invalid perl operator: (?(": "a condition, which is not to be had: write both cases with |",
    "invalid perl operator: (?P": "a reference to a group, which is not to be had: write the group again",
    "invalid repetition size": "allowed: at most 1,000 repeats, those inside one another multiplied",
    "bad repetition operator": "repeats of a repeat, and possessive ones, are not to be had: write one alone",
    "pattern too large": "needs more memory than a pattern has: repeat less, or smaller classes",
}


class BadPattern(ValueError):
    """Says what was given, at which character, counted from 1, and why."""


def _at(pattern: str, at: int, why: str) -> BadPattern:
    """`at`: from 0."""
    return BadPattern(f"given {pattern!r:.80}, at character {at + 1}: {why}")


def compiled(pattern: str) -> "re2._Regexp":
    """Takes at most some milliseconds and `MEMORY`. Raises `BadPattern`."""
    options = re2.Options()
    options.max_mem, options.case_sensitive, options.log_errors = MEMORY, False, False
    if len(pattern) > MAX_PATTERN_CHARS:
        raise BadPattern(f"given {len(pattern):,} characters, allowed: {MAX_PATTERN_CHARS:,}")
    try:
        # Not by `re2.compile`, which keeps the last 128 in memory.
        return re2._Regexp(_rewritten(pattern), options)
    except UnicodeEncodeError as error:
        raise _at(pattern, pattern.index(error.object[error.start]), "half of a character, a lone surrogate") from error
    except re2.error as error:
        raise _explained(pattern, error.args[0]) from error


def _explained(pattern: str, given: bytes | str) -> BadPattern:
    said = given.decode(errors="replace") if isinstance(given, bytes) else str(given)
    part = said.partition(": ")[2]
    at = max(pattern.find(part), 0)
    means = next((text for begins, text in _SAYS.items() if said.startswith(begins)), "")
    if said.startswith("invalid escape sequence") and part[1:].isdigit():
        means = "a reference to a group, which is not to be had: write the group again"
    return _at(pattern, at, f"{said[:120]} ({means})" if means else said[:200])


def _rewritten(pattern: str) -> str:
    """Raises `BadPattern` for what would mean something else than it says."""
    parts: list[str] = []
    inside = False  # of a class
    for piece in _PIECE.finditer(pattern):
        kind, text, at = piece.lastgroup, piece.group(), piece.start()
        if kind in ("u4", "u8"):
            text = rf"\x{{{piece[kind]}}}"
        elif kind == "escape":
            text = _escape(pattern, at, piece["escape"], inside)
        elif kind == "remark" and not inside:
            text = ""
        elif kind == "most" and not inside and (piece["least"] or piece["most"]):
            # RE2 takes a number that it can't hold for plain text.
            if any(len(number.lstrip("0")) > len(str(MAX_REPEATS)) for number in (piece["least"], piece["most"])):
                raise _at(pattern, at, f"{text[:40]}, allowed: at most {MAX_REPEATS:,} repeats")
            text = f"{{0{text[1:]}" if not piece["least"] else text
        elif kind == "open" and not inside:
            inside = True
        elif kind == "open":
            text = text.replace("[", r"\[", 1)
            inside = not text.endswith("]")
        elif kind == "close":
            inside = False
        parts.append(text)
    return "".join(parts)


def _escape(pattern: str, at: int, letter: str, inside: bool) -> str:
    if letter == "Z" and not inside:
        return r"\z"
    if letter in "bB" and not inside:
        # Between letters of which one is not ASCII it would never match, or where it should not.
        near = pattern[at - 1 : at] + pattern[at + 2 : at + 3]
        if not near.isascii():
            why = rf"\{letter} knows ASCII letters alone: write (?:^|\P{{L}}) or (?:\P{{L}}|$), or make it a phrase"
            raise _at(pattern, at, why)
    if letter in "wds":
        return _CLASSES[letter] if inside else f"[{_CLASSES[letter]}]"
    if letter in "WDS":
        if not inside:
            return f"[^{_CLASSES[letter.lower()]}]"
        if letter == "D":
            return r"\P{Nd}"
        why = rf"\{letter} inside [ ]: write \p{{L}} for letters, or [^\{letter.lower()}…] for what is none"
        raise _at(pattern, at, why)
    return f"\\{letter}"


class Patterns:
    def __init__(self, patterns: Iterable[tuple[str, Known]]) -> None:
        """Raises `BadInput` naming the pattern that is not a regular expression."""
        self._patterns: list[tuple[re2._Regexp, Known]] = []
        for pattern, known in patterns:
            try:
                self._patterns.append((compiled(pattern), known))
            except BadPattern as error:
                raise BadInput(f"pattern: {error}") from error

    def __len__(self) -> int:
        return len(self._patterns)

    def find(self, text: str) -> Iterator[tuple[int, int, Known]]:
        """Non-empty matches `(start, end, meaning)` of each pattern in turn, in code points. One pattern may take a
        minute on a long text: see `child.py`."""
        for pattern, known in self._patterns:
            for match in pattern.finditer(text):
                if match.end() > match.start():
                    yield match.start(), match.end(), known
