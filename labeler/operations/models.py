"""What the worker does, counts and sees for the people who run it."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from labeler.adjudication.models import ReviewEvent
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
    events = models.ManyToManyField(ReviewEvent, related_name="+", help_text="what was done so far, a piece an event")
    seen = models.PositiveIntegerField(default=0)
    changed = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "id"], name="bulk_by_state")]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"


class Figures(models.Model):
    """One a day stays, so that figures can be followed over time. `name`: agreement, progress."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="figures")
    name = models.CharField(max_length=20)
    day = models.DateField()
    at = models.DateTimeField(help_text="when it was counted")
    seconds = models.FloatField(help_text="how long counting took")
    body = models.JSONField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "name", "day"], name="figures_once_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.name} of {self.project_id}, {self.day}"


class Daily(models.Model):
    """What a labeler gave on a day, all answers that were not withdrawals."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    day = models.DateField()
    labeler = models.ForeignKey("accounts.User", models.PROTECT, related_name="+")
    answers = models.PositiveIntegerField()
    seconds = models.FloatField(help_text="of active work")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "day", "labeler"], name="daily_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["day"], name="daily_by_day")]

    def __str__(self) -> str:
        return f"{self.day}: {self.answers}"


class Observation(models.Model):
    """What the worker saw when it last looked, so that the dashboard need ask no other service: made anew each time.

    `name`: queues, crawls, jobs.
    """

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
    body = models.JSONField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
