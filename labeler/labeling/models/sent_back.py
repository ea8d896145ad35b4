"""An answer that a reviewer sent back to its labeler."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeler.labeling.models.annotation import Annotation
from labeler.labeling.models.project import Project
from labeler.labeling.models.task import Task


class SentBack(models.Model):
    """Open until the labeler's next answer to the task; they get it before anything else."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    task = models.ForeignKey(Task, models.PROTECT, related_name="sent_back")
    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="sent_back")
    annotation = models.ForeignKey(Annotation, models.PROTECT, related_name="sent_back")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    comment = models.TextField()
    answer = models.ForeignKey(Annotation, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "labeler"], condition=Q(answer__isnull=True), name="sent_back_once_at_a_time"
            ),
        ]
        indexes = [
            models.Index(
                fields=["labeler", "project", "id"], condition=Q(answer__isnull=True), name="sent_back_waiting"
            )
        ]

    def __str__(self) -> str:
        return f"annotation {self.annotation_id} sent back"
