"""Finds the longest known phrases in a text, on word edges, with case and accents folded, in linear time.

An Aho–Corasick automaton over folded words. It reads the text from its end: the longest phrase that *ends* at a word
in reading backwards is the longest that *starts* there, so one pass gives leftmost-longest matches exactly.
"""

import unicodedata
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

import regex

# A word is a run of letters, digits and marks; in scripts written without blanks each letter is one, so that a phrase
# can begin anywhere. C++ and C# are words of their own. Any other character stands for itself.
_UNSPACED = r"\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}"
_WORD = regex.compile(rf"[[\p{{L}}\p{{N}}\p{{M}}]--[{_UNSPACED}]]+[+#]*|[{_UNSPACED}]\p{{M}}*|\S", regex.V1)
_SAME = str.maketrans({"’": "'", "‘": "'", "ʼ": "'", "‐": "-", "‑": "-", "–": "-", "—": "-"})
_ACCENTS = 200  # canonical combining classes from here on are accents; below are vowel signs and viramas


@lru_cache(maxsize=100_000)
def fold(word: str) -> str:
    """`word` without case and accents; `Élan` and `elan` are the same, `ß` is `ss`."""
    if word.isascii():
        return word.lower()
    parts = unicodedata.normalize("NFKD", word.translate(_SAME).casefold())
    return "".join(one for one in parts if unicodedata.combining(one) < _ACCENTS).casefold()


def key(phrase: str) -> str:
    """One text for all spellings of a phrase that `Phrases` takes to be the same."""
    return " ".join(fold(word) for word in _WORD.findall(phrase))


@dataclass(frozen=True, slots=True)
class Known:
    """What a phrase means: its label, and how sure a match is, 0 to 1."""

    label: str
    score: float = 1.0


class Phrases:
    """A set of phrases, fixed once made. Where a phrase is given twice, the first meaning stands."""

    def __init__(self, phrases: Iterable[tuple[str, Known]]) -> None:
        self._next: list[dict[str, int]] = [{}]
        self._longest: list[tuple[int, Known] | None] = [None]  # (words, meaning) of the longest phrase ending here
        self.size = 0
        self.repeated = 0
        for phrase, known in phrases:
            self._add([fold(word) for word in _WORD.findall(phrase)], known)
        self._back = self._link()

    def _add(self, words: list[str], known: Known) -> None:
        if not words:
            return
        state = 0
        for word in reversed(words):
            following = self._next[state].get(word)
            if following is None:
                following = self._next[state][word] = len(self._next)
                self._next.append({})
                self._longest.append(None)
            state = following
        if self._longest[state] is None:
            self._longest[state] = (len(words), known)
            self.size += 1
        else:
            self.repeated += 1

    def _link(self) -> list[int]:
        """For each state the one of its longest proper suffix that is a state too."""
        back = [0] * len(self._next)
        waiting = deque(self._next[0].values())
        while waiting:
            state = waiting.popleft()
            for word, following in self._next[state].items():
                at = back[state]
                while at and word not in self._next[at]:
                    at = back[at]
                back[following] = self._next[at].get(word, 0)
                # Breadth first, so the suffix knows its own longest already.
                self._longest[following] = self._longest[following] or self._longest[back[following]]
                waiting.append(following)
        return back

    def find(self, text: str) -> Iterator[tuple[int, int, Known]]:
        """Leftmost-longest matches `(start, end, meaning)` in code points of `text`, in order and disjoint."""
        words = [(match.start(), match.end(), fold(match.group())) for match in _WORD.finditer(text)]
        step, back, longest = self._next, self._back, self._longest
        best: list[tuple[int, Known] | None] = [None] * len(words)
        state = 0
        for at in range(len(words) - 1, -1, -1):
            word = words[at][2]
            while state and word not in step[state]:
                state = back[state]
            state = step[state].get(word, 0)
            best[at] = longest[state]
        at = 0
        while at < len(words):
            found = best[at]
            if found is None:
                at += 1
                continue
            length, known = found
            yield words[at][0], words[at + length - 1][1], known
            at += length
