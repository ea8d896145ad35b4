"""Programs that propose labels for a post before anybody has seen it, by name: `none`, `gazetteer`."""

from collections.abc import Callable, Mapping
from typing import Protocol

from pipeline.gazetteer import Gazetteer
from pipeline.schema import ProjectSettings, Suggestion


class Suggester(Protocol):
    def suggest(self, text: str) -> tuple[Suggestion, ...]:
        """Spans of the normalised text, in order. They need not fall on token edges."""


class SuggesterUnknown(ValueError):
    """A project names a suggester that does not exist."""


class NoSuggestions:
    def suggest(self, text: str) -> tuple[Suggestion, ...]:
        return ()


_MAKERS: Mapping[str, Callable[[ProjectSettings], Suggester]] = {
    "none": lambda settings: NoSuggestions(),
    "gazetteer": lambda settings: Gazetteer.of_labels(settings.labels),
}


OWN = frozenset(_MAKERS)  # who suggests what a preparation brings; what others suggest comes apart from it


def suggester(settings: ProjectSettings) -> Suggester:
    """The suggester that a project's settings name. Raises `SuggesterUnknown`."""
    if settings.suggester not in _MAKERS:
        raise SuggesterUnknown(
            f"project {settings.project!r}, suggester: given {settings.suggester!r}, allowed: {', '.join(_MAKERS)}"
        )
    return _MAKERS[settings.suggester](settings)
