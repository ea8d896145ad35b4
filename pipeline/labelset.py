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
    for change in after:
        if change.n > made and change.labels and set(change.labels) & set(names):
            names = [new for name in names for new in (change.into if name in change.labels else (name,))]
    return tuple(dict.fromkeys(names))


def spans(given: Sequence[Mapping[str, Any]], made: int, after: Sequence[Operation]) -> list[dict[str, Any]]:
    """Stored spans by their labels of now; retired ones are gone, and a label whose split is open keeps its name."""
    if not after:
        return [dict(span) for span in given]
    found: list[dict[str, Any]] = []
    for span in given:
        names = read(span["label"], made, after)
        if names:
            renamed = {**span, "label": names[0] if len(names) == 1 else span["label"]}
            if renamed not in found:  # two labels on one range may have become one
                found.append(renamed)
    return found
