"""The answers to one task compared: the index by which disagreements are found, kept by the worker."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from labeler.labeling.models import Post, Project, Task


class Comparison(models.Model):
    """Of a task that at least two labelers have answered. `newest`: primary key of the newest answer looked at."""

    class State(models.TextChoices):
        AGREED = "agreed"
        DISPUTED = "disputed"
        SENT_BACK = "sent back"
        DECIDED = "decided"

    project = models.ForeignKey(Project, models.PROTECT, related_name="comparisons")
    task = models.OneToOneField(Task, models.PROTECT, related_name="comparison")
    post = models.OneToOneField(Post, models.PROTECT, related_name="comparison", help_text="the task's, for lists")
    newest = models.BigIntegerField()
    answers = models.PositiveSmallIntegerField()
    exact = models.FloatField(help_text="span F1, exact, over all pairs; 1 where nobody marked a span")
    at = models.DateTimeField(help_text="time of the newest answer")
    state = models.CharField(max_length=9, choices=State)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    held_until = models.DateTimeField(null=True, blank=True, help_text="until then other reviewers get other posts")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["project", "state", "exact", "id"], name="comparison_queue"),
            models.Index(fields=["state", "id"], name="comparison_by_state"),
            models.Index(fields=["state", "post"], name="comparison_state_by_post"),
        ]

    def __str__(self) -> str:
        return f"comparison of task {self.task_id}"


class Cursor(models.Model):
    """How far a chore of the worker has read."""

    name = models.CharField(max_length=40, primary_key=True)
    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.position}"
