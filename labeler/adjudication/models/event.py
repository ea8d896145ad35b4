"""What reviewers and admins did to posts beside deciding them: the index of objects that can be replayed."""

from datetime import UTC
from typing import ClassVar

from django.db import models, transaction
from django.db.models import Max, Q

from labeler.labeling.models import Project, Task
from labeler.operations.models.bulk import BulkAction
from pipeline.schema import ReviewEvent as Record
from pipeline.schema import timestamp


class ReviewEvent(models.Model):
    """The n-th of its project, never changed. `stored_at` is set once its object is in S3."""

    class Kind(models.TextChoices):
        CLOSED = "closed"
        REOPENED = "reopened"
        ASSIGNED = "assigned"
        UNASSIGNED = "unassigned"
        DELETED = "deleted"
        RESTORED = "restored"
        SENT_BACK = "sent-back"
        RULED = "ruled"
        UNDONE = "undone"

    RELATED = ("project",)  # what its object is made of

    project = models.ForeignKey(Project, models.PROTECT, related_name="review_events")
    n = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    by = models.CharField(max_length=40, help_text="opaque id of who did it")
    why = models.TextField(blank=True)
    about = models.JSONField(help_text="which posts, answer or ruling")
    extra = models.JSONField(default=dict, help_text="fields a newer writer added")
    stored_at = models.DateTimeField(null=True, blank=True)
    action = models.ForeignKey(BulkAction, models.PROTECT, null=True, blank=True, related_name="events")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["project", "n"], name="review_event_once"),
            models.CheckConstraint(condition=Q(n__gte=1), name="review_event_n_from_one"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=Q(stored_at__isnull=True), name="review_event_to_store"),
        ]

    def __str__(self) -> str:
        return f"event {self.n} of {self.project_id}: {self.kind}"

    @classmethod
    def last(cls, project: Project) -> int:
        """The number of the last event of a project, 0 where there is none."""
        return cls.objects.filter(project=project).aggregate(most=Max("n"))["most"] or 0

    def renumber(self, known: int) -> None:
        """Takes the number after all of its project's that the database and the bucket (`known`) have."""
        with transaction.atomic():
            project = Project.objects.select_for_update(no_key=True).get(pk=self.project_id)
            self.n = max(known, self.last(project)) + 1
            self.save(update_fields=["n"])

    def record(self) -> Record:
        """The object this row becomes: a pure function of the row."""
        at = timestamp(self.at.astimezone(UTC))
        return Record(self.project.slug, self.n, self.kind, at, self.by, self.why, self.about, self.extra)


class Touched(models.Model):
    """A task that an event changed: by it a post finds its events, and an action what it has to take back."""

    event = models.ForeignKey(ReviewEvent, models.CASCADE, related_name="touched")
    task = models.ForeignKey(Task, models.PROTECT, related_name="touched")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["event", "task"], name="touched_once")]

    def __str__(self) -> str:
        return f"task {self.task_id} by event {self.event_id}"
