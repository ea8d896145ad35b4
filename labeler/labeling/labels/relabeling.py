"""Makes an operation on a label set: a project event, and the index of spans brought up to it."""

from django.db import transaction

from labeler.labeling import projects
from labeler.labeling.labels import labelset
from labeler.labeling.models import LabeledSpan, Project


def operate(project: Project, operation: labelset.Operation, by: str) -> Project:
    """Raises `Refused`, and `Changed` when another edit was first."""
    after = labelset.applied(project.settings, operation)
    changes = {"labels": after.labels, "operations": after.operations}
    project = projects.edit(project, changes, by, kind=f"label-{operation.kind}")
    rows = LabeledSpan.objects.filter(project=project, label__in=operation.labels)
    with transaction.atomic():
        if len(operation.into) == 1:
            rows.update(label=operation.into[0])
        elif not operation.into:
            rows.delete()
    return project
