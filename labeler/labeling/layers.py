"""Labels of files, told apart by layers, and labels of a project, told apart by their names alone. Pure.

A label is named as in its file, with its layer before it where two layers have a label of that name. What would break
a line of tags is a blank in the name.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence

from pipeline.schema import Label

FileLabel = tuple[str, str]  # layer, label

COMMAND_KEYS = "abefs/.?[]{}"  # keys that the token page uses itself
LABEL_KEYS = "123456789qwrtyuiopdghjklzxcvnm"  # in the order in which they are given
_COLORS = 12
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]+")
NAMES = "1 to 100 characters on one line, no blank at an end"


def is_name(name: str) -> bool:
    """Whether a label may be called so."""
    return 0 < len(name) <= 100 and name == _on_a_line(name)


def _on_a_line(name: str) -> str:
    return _BREAKS.sub(" ", name).strip()


def named(found: Iterable[FileLabel]) -> dict[FileLabel, str]:
    """The name for each label of a file."""
    pairs = list(dict.fromkeys(found))
    often = Counter(label for _, label in pairs)
    return {(layer, label): _on_a_line(label if often[label] == 1 else f"{layer}:{label}") for layer, label in pairs}


def matching(pair: FileLabel, names: Iterable[str]) -> str | None:
    """The one of a project's label names that a file's label is; None when there is none."""
    layer, label = pair
    wanted = f"{layer}:{label}", label
    allowed = set(names)
    found = next((name for name in (*wanted, *map(_on_a_line, wanted)) if name in allowed), None)
    # As CoNLL has the name, of which blanks would end the column.
    return found or next((name for name in sorted(allowed) if "_" in label and name.replace(" ", "_") == label), None)


def lacking(have: Sequence[Label], wanted: dict[FileLabel, str]) -> tuple[Label, ...]:
    """Labels to add to `have`, with free keys and the next colours; none that may not be called so."""
    names = {one.name for one in have}
    taken = {one.key for one in have}
    free = iter([key for key in LABEL_KEYS if key not in taken])
    added: list[Label] = []
    for (layer, label), name in sorted(wanted.items()):
        if matching((layer, label), names) or name in names or not is_name(name):
            continue
        color = (len(have) + len(added)) % _COLORS + 1
        added.append(Label(name, next(free, ""), color, group=layer, layer=layer))
        names.add(name)
    return tuple(added)


def of_project(labels: Iterable[Label]) -> dict[str, FileLabel]:
    """For each label name its layer and what it is called there, in the order of the label set."""
    return {one.name: (one.layer, one.name.removeprefix(f"{one.layer}:") if one.layer else one.name) for one in labels}


def columns(labels: Iterable[Label]) -> dict[str, tuple[str, ...]]:
    """The layers with their labels."""
    found: dict[str, list[str]] = {}
    for layer, label in of_project(labels).values():
        found.setdefault(layer, []).append(label)
    return {layer: tuple(names) for layer, names in found.items()}
