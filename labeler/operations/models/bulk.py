"""A change of many posts at once, made by the worker piece by piece."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from labeler.labeling.models import Project


class BulkAction(models.Model):
    """`chosen`: primary keys of tasks, or empty for all that `filters` let through. Goes on at `position`.

    `undoes`: an action whose posts it is about instead, those that it changed.
    """

    class Kind(models.TextChoices):
        ASSIGN = "assign"
        UNASSIGN = "unassign"
        CLOSE = "close"
        REOPEN = "reopen"
        DELETE = "delete"
        RESTORE = "restore"

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=8, choices=Kind)
    chosen = models.JSONField(default=list, blank=True)
    filters = models.JSONField(default=dict, blank=True)
    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    undoes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="undone_by")
    reason = models.CharField(max_length=500)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=7, choices=State, default=State.WAITING)
    position = models.BigIntegerField(default=0, help_text="the last task dealt with")
    seen = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "id"], name="bulk_by_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"
