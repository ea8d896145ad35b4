"""Changes a label set after labelling began: a project event, and the index of spans brought up to it."""

from collections.abc import Mapping
from dataclasses import replace

from django.db import transaction

from labeler.labeling import layers, projects
from labeler.labeling.models import LabeledSpan, Project
from pipeline.errors import InvalidInput
from pipeline.labelset import KINDS, MERGE, RENAME, RETIRE, SPLIT, Operation
from pipeline.schema import Label, ProjectSettings


def operate(project: Project, operation: Operation, by: str) -> Project:
    """Raises `InvalidInput`, and `Changed` when another edit was first."""
    after = applied(project.settings, operation)
    changes = {"labels": after.labels, "operations": after.operations}
    project = projects.edit(project, changes, by, kind=f"label-{operation.kind}")
    rows = LabeledSpan.objects.filter(project=project, label__in=operation.labels)
    with transaction.atomic():
        if len(operation.into) == 1:
            rows.update(label=operation.into[0])
        elif not operation.into:
            rows.delete()
    return project


def applied(settings: ProjectSettings, given: Operation) -> ProjectSettings:
    """The settings after an operation, which gets the number of the next event. Raises `InvalidInput`."""
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
        raise InvalidInput("labels", list(given.labels), "an operation that leaves at least one label")
    operation = replace(given, n=settings.n + 1)
    return replace(settings, labels=tuple(labels), operations=(*settings.operations, operation.to_json()))


def _check(given: Operation, have: Mapping[str, Label]) -> None:
    if given.kind not in KINDS:
        raise InvalidInput("kind", given.kind, ", ".join(KINDS))
    for name in given.labels or ("",):
        if name not in have:
            raise InvalidInput("labels", name, f"labels of the project: {', '.join(have)}")
    for name in given.into:
        if not layers.is_name(name):
            raise InvalidInput("into", name, layers.NAMES)
    wanted = {RENAME: (1, 1), MERGE: (2, 1), SPLIT: (1, 2), RETIRE: (1, 0)}[given.kind]
    if given.kind == MERGE and set(given.labels) == set(given.into):
        raise InvalidInput("into", given.into[0], "another label: one cannot be merged into itself")
    if len(set(given.labels)) < wanted[0] or (given.kind != MERGE and len(given.labels) != 1):
        allowed = "two labels or more" if given.kind == MERGE else "one label"
        raise InvalidInput("labels", list(given.labels), f"{allowed}, to {given.kind}")
    exact = given.kind != SPLIT
    if (exact and len(given.into) != wanted[1]) or len(set(given.into)) < wanted[1]:
        words = {0: "nothing", 1: "one name", 2: "two names or more"}[wanted[1]]
        raise InvalidInput("into", list(given.into), f"{words}, to {given.kind}")
    if given.kind == RENAME and given.into[0] in have:
        raise InvalidInput("into", given.into[0], "a new name: to make two labels one, merge them")
    if given.kind == SPLIT and given.labels[0] in given.into:
        raise InvalidInput("into", given.labels[0], "names other than that of the label that is split")
