"""What the worker has counted of a project: pages show it, and never count a million rows themselves."""

from typing import ClassVar

from django.db import models

from labeler.labeling.models import Project


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
