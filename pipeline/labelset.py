"""Changes of a label set after labelling began: rename, merge, split, retire. Pure.

They are kept in the project's settings, oldest first, each with the number `n` of its event. No stored answer is ever
edited: its labels are read through the operations that came after it, up to whichever version a reader asks for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.schema import ProjectSettings
from pipeline.schema.reading import Record

RENAME, MERGE, SPLIT, RETIRE = "rename", "merge", "split", "retire"
KINDS = (RENAME, MERGE, SPLIT, RETIRE)


@dataclass(frozen=True, slots=True)
class Operation(Record):
    """`labels` become `into`: one name, several that somebody has to choose from, or none."""

    kind: str
    labels: tuple[str, ...]
    into: tuple[str, ...]
    n: int = 0  # the event that made it

    def __str__(self) -> str:
        return f"{self.kind} {', '.join(self.labels)}" + (f" → {', '.join(self.into)}" if self.into else "")


def operations(settings: ProjectSettings, until: int | None = None) -> list[Operation]:
    """`until`: the version, as the number of an event, that a reader wants; None: the newest."""
    found = map(Operation.from_json, settings.operations)
    return [done for done in found if until is None or done.n <= until]


def read(label: str, made: int, after: Iterable[Operation]) -> tuple[str, ...]:
    """What a label given under event `made` is by now: one name, none when retired, several while a split is open."""
    names = [label]
    for one in after:
        if one.n > made and one.labels and set(one.labels) & set(names):
            names = [new for name in names for new in (one.into if name in one.labels else (name,))]
    return tuple(dict.fromkeys(names))


def spans(given: Sequence[Mapping[str, Any]], made: int, after: Sequence[Operation]) -> list[dict[str, Any]]:
    """Stored spans by their labels of now; retired ones are gone, and a label whose split is open keeps its name."""
    if not after:
        return [dict(one) for one in given]
    found: list[dict[str, Any]] = []
    for one in given:
        names = read(one["label"], made, after)
        if names:
            span = {**one, "label": names[0] if len(names) == 1 else one["label"]}
            if span not in found:  # two labels on one range may have become one
                found.append(span)
    return found
