"""Which annotators there are: the project's own, and what installed packages declare.

The project itself is not installed as a package, so its own are listed here; others are found by entry point.
"""

from importlib.metadata import EntryPoint, entry_points

from .labels import Labels
from .plugin import Annotator
from .rules import Rules

GROUP = "labelmill.annotators"
OWN: tuple[Annotator, ...] = (Rules(), Labels())


class UnknownAnnotator(LookupError):
    """No annotator has this name; says which there are."""


class BrokenAnnotator(RuntimeError):
    """An installed plug-in could not be loaded; says which and why."""


def names() -> list[str]:
    """Own first, then plug-ins by name; a plug-in cannot take the name of one of the project's own."""
    own = [one.name for one in OWN]
    return own + sorted({point.name for point in entry_points(group=GROUP)} - set(own))


def find(name: str) -> Annotator:
    for one in OWN:
        if one.name == name:
            return one
    for point in entry_points(group=GROUP):
        if point.name == name:
            return _load(point)
    raise UnknownAnnotator(f"annotator: given {name!r}, allowed: {', '.join(names())}")


def _load(point: EntryPoint) -> Annotator:
    try:
        made: Annotator = point.load()()
        missing = [field for field in ("title", "formats", "options", "limits", "annotate") if not hasattr(made, field)]
    except Exception as error:  # a plug-in's code may raise anything
        raise BrokenAnnotator(f"annotator {point.name!r} ({point.value}) does not load: {error!r}") from error
    if missing:
        raise BrokenAnnotator(f"annotator {point.name!r} ({point.value}) lacks {', '.join(missing)}")
    return made
