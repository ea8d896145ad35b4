"""Plans: each change is a row, and an untold row is a message still to be sent. What is sent on to labelling."""

from django.conf import settings
from django.db import models

from pipeline.schema.job import FREE, PREMIUM


class PlanChange(models.Model):
    """What a user's plan and address became. The newest is in force; `told_at` is when the jobs table knew it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="plan_changes")
    n = models.PositiveIntegerField(help_text="counts the changes of this user, from 1")
    plan = models.CharField(max_length=10, choices=[(FREE, "Free"), (PREMIUM, "Premium")])
    email = models.EmailField(blank=True)
    by = models.CharField(max_length=150, help_text="who changed it: a name, or `system`")
    at = models.DateTimeField(auto_now_add=True)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "n"], name="plan_change_once")]
        indexes = [models.Index(fields=["id"], condition=models.Q(told_at=None), name="plan_change_untold")]

    def __str__(self) -> str:
        return f"{self.user}: {self.plan} ({self.n})"


class Handover(models.Model):
    """A finished job's posts on their way into a project, its spans as suggestions. The worker carries it."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        FAILED = "failed"

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    job = models.CharField(max_length=20)
    project = models.ForeignKey("labeling.Project", on_delete=models.CASCADE, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    posts = models.PositiveIntegerField(default=0, help_text="new in the project")
    reason = models.CharField(max_length=500, blank=True, help_text="of a failure")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "job", "project"], name="handover_once")]
        indexes = [models.Index(fields=["id"], condition=models.Q(state="waiting"), name="handover_waiting")]

    def __str__(self) -> str:
        return f"{self.job} to {self.project}: {self.state}"


class AnnotationJob(models.Model):
    """Jobs are in DynamoDB and have no table here: this is their place in the admin, with its rights and addresses."""

    id = models.CharField(max_length=20, primary_key=True)

    class Meta:
        managed = False
