"""Programs that propose labels for a post before anybody has seen it, by name: `none`, `gazetteer`."""

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

from pipeline.schema import Label, ProjectSettings, Suggestion
from pipeline.words import units

GAZETTEER = "gazetteer"
SCORE = 0.5  # of a phrase: one that was meant is as likely as one that was not


class Suggester(Protocol):
    def suggest(self, text: str) -> tuple[Suggestion, ...]:
        """Spans of the normalised text, in order. They need not fall on token edges."""


class SuggesterUnknown(ValueError):
    """A project names a suggester that does not exist."""


class NoSuggestions:
    def suggest(self, text: str) -> tuple[Suggestion, ...]:
        return ()


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
            found.sort(key=lambda known: -len(known[0]))

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
                    found.append(Suggestion(words[at][0], words[at + taken - 1][1], label, SCORE, GAZETTEER))
                    break
            at += taken
        return tuple(found)


_MAKERS: Mapping[str, Callable[[ProjectSettings], Suggester]] = {
    "none": lambda settings: NoSuggestions(),
    GAZETTEER: lambda settings: Gazetteer.of_labels(settings.labels),
}


OWN = frozenset(_MAKERS)  # who suggests what a preparation brings; what others suggest comes apart from it


def suggester(settings: ProjectSettings) -> Suggester:
    """The suggester that a project's settings name. Raises `SuggesterUnknown`."""
    if settings.suggester not in _MAKERS:
        raise SuggesterUnknown(
            f"project {settings.project!r}, suggester: given {settings.suggester!r}, allowed: {', '.join(_MAKERS)}"
        )
    return _MAKERS[settings.suggester](settings)


def _words(text: str) -> list[tuple[int, int, str]]:
    """(start, end, word in one case) of each unit."""
    return [(start, end, text[start:end].casefold()) for start, end in units(text)]
