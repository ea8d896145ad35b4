"""Suggestions from lists of phrases: a label's examples are proposed wherever a text holds them as whole words."""

from collections.abc import Iterable, Mapping

from pipeline.schema import Label, Suggestion
from pipeline.words import boundaries

NAME = "gazetteer"
SCORE = 0.5  # a phrase that was meant is as likely as one that was not


class Gazetteer:
    """Finds phrases in texts, whatever their case and blanks; of those that overlap the longest."""

    def __init__(self, phrases: Mapping[str, str]) -> None:
        """`phrases`: phrase → label."""
        # Keyed by first word: a text is walked once, however many phrases there are.
        self._by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
        for phrase, label in phrases.items():
            words = tuple(word for _, _, word in _words(phrase))
            if words:
                self._by_first.setdefault(words[0], []).append((words, label))
        for found in self._by_first.values():
            found.sort(key=lambda one: -len(one[0]))

    @classmethod
    def of_labels(cls, labels: Iterable[Label]) -> "Gazetteer":
        return cls({example: label.name for label in labels for example in label.examples})

    def suggest(self, text: str) -> tuple[Suggestion, ...]:
        if not self._by_first:
            return ()
        words = _words(text)
        found = []
        at = 0
        while at < len(words):
            taken = 1
            for phrase, label in self._by_first.get(words[at][2], ()):
                if tuple(word for _, _, word in words[at : at + len(phrase)]) == phrase:
                    taken = len(phrase)
                    found.append(Suggestion(words[at][0], words[at + taken - 1][1], label, SCORE, NAME))
                    break
            at += taken
        return tuple(found)


def _words(text: str) -> list[tuple[int, int, str]]:
    """(start, end, word in one case) of all that is not blank."""
    edges = sorted(boundaries(text))
    pairs = zip([0, *edges], [*edges, len(text)], strict=True)
    return [(start, end, text[start:end].casefold()) for start, end in pairs if text[start:end].strip()]
