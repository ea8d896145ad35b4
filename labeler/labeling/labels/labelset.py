"""Changes of a label set after labelling began: rename, merge, split, retire. Pure.

They are kept in the project's settings, oldest first, each with the number `n` of its event. No stored answer is ever
edited: its labels are read through the operations that came after it, up to whichever version a reader asks for.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from labeler.labeling.answering.spans import Refused
from labeler.labeling.labels import layers
from pipeline.schema import Label, ProjectSettings

RENAME, MERGE, SPLIT, RETIRE = "rename", "merge", "split", "retire"
KINDS = (RENAME, MERGE, SPLIT, RETIRE)


@dataclass(frozen=True, slots=True)
class Operation:
    """`labels` become `into`: one name, several that somebody has to choose from, or none."""

    kind: str
    labels: tuple[str, ...]
    into: tuple[str, ...]
    n: int = 0  # the event that made it

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Operation":
        return cls(value["kind"], tuple(value["labels"]), tuple(value["into"]), value["n"])

    def to_json(self) -> dict[str, Any]:
        return {"kind": self.kind, "labels": list(self.labels), "into": list(self.into), "n": self.n}

    def __str__(self) -> str:
        return f"{self.kind} {', '.join(self.labels)}" + (f" → {', '.join(self.into)}" if self.into else "")


def operations(settings: ProjectSettings, until: int | None = None) -> list[Operation]:
    """`until`: the version, as the number of an event, that a reader wants; None: the newest."""
    found = [Operation.from_json(one) for one in settings.operations]
    return [one for one in found if until is None or one.n <= until]


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


def applied(settings: ProjectSettings, given: Operation) -> ProjectSettings:
    """The settings after an operation, which gets the number of the next event. Raises `Refused`."""
    have = {one.name: one for one in settings.labels}
    _check(given, have)
    first = have[given.labels[0]]
    made = [
        have.get(name) or replace(first, name=name, key=first.key if given.kind != SPLIT and at == 0 else "")
        for at, name in enumerate(given.into)
    ]
    labels: list[Label] = []
    for label in settings.labels:
        if label.name == given.labels[0]:
            labels += [one for one in made if one not in labels]
        elif label.name not in given.labels and label not in labels:
            labels.append(label)
    if not labels:
        raise Refused("labels", list(given.labels), "an operation that leaves at least one label")
    operation = replace(given, n=settings.n + 1)
    return replace(settings, labels=tuple(labels), operations=(*settings.operations, operation.to_json()))


def _check(given: Operation, have: Mapping[str, Label]) -> None:
    if given.kind not in KINDS:
        raise Refused("kind", given.kind, ", ".join(KINDS))
    for name in given.labels or ("",):
        if name not in have:
            raise Refused("labels", name, f"labels of the project: {', '.join(have)}")
    for name in given.into:
        if not layers.is_name(name):
            raise Refused("into", name, layers.NAMES)
    wanted = {RENAME: (1, 1), MERGE: (2, 1), SPLIT: (1, 2), RETIRE: (1, 0)}[given.kind]
    if given.kind == MERGE and set(given.labels) == set(given.into):
        raise Refused("into", given.into[0], "another label: one cannot be merged into itself")
    if len(set(given.labels)) < wanted[0] or (given.kind != MERGE and len(given.labels) != 1):
        allowed = "two labels or more" if given.kind == MERGE else "one label"
        raise Refused("labels", list(given.labels), f"{allowed}, to {given.kind}")
    exact = given.kind != SPLIT
    if (exact and len(given.into) != wanted[1]) or len(set(given.into)) < wanted[1]:
        words = {0: "nothing", 1: "one name", 2: "two names or more"}[wanted[1]]
        raise Refused("into", list(given.into), f"{words}, to {given.kind}")
    if given.kind == RENAME and given.into[0] in have:
        raise Refused("into", given.into[0], "a new name: to make two labels one, merge them")
    if given.kind == SPLIT and given.labels[0] in given.into:
        raise Refused("into", given.labels[0], "names other than that of the label that is split")
