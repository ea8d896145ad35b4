"""The decided answer to a task, the n-th: what a release takes before anybody's own."""

from datetime import UTC
from typing import ClassVar

from django.db import models, transaction
from django.db.models import Max, Q

from labeler.labeling.models import Project, Task
from pipeline import schema


class Gold(models.Model):
    """`stored_at` is set once its object is in S3. The one with the highest n stands."""

    RELATED = ("project", "task__post")  # what its object is made of

    project = models.ForeignKey(Project, models.PROTECT, related_name="gold")
    task = models.ForeignKey(Task, models.PROTECT, related_name="gold")
    n = models.PositiveIntegerField()
    current = models.BooleanField(default=True)
    by = models.CharField(max_length=40, help_text="opaque id of who decided")
    decided_at = models.DateTimeField()
    comment = models.TextField(blank=True)
    settings_event = models.PositiveIntegerField()
    guideline_version = models.PositiveIntegerField()
    preparation = models.CharField(max_length=64)
    tokenizer = models.JSONField()
    spans = models.JSONField(default=list)
    extra = models.JSONField(default=dict, help_text="fields a newer writer added")
    stored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "decision"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["task", "n"], name="gold_once"),
            models.UniqueConstraint(fields=["task"], condition=Q(current=True), name="gold_one_current"),
            models.CheckConstraint(condition=Q(n__gte=1), name="gold_n_from_one"),
        ]
        indexes: ClassVar = [models.Index(fields=["id"], condition=Q(stored_at__isnull=True), name="gold_to_store")]

    def __str__(self) -> str:
        return f"gold {self.pk}"

    def renumber(self, known: int) -> None:
        """Takes the number after all of its task's that the database and the bucket (`known`) have."""
        with transaction.atomic():
            most = Gold.objects.select_for_update().filter(task=self.task_id).aggregate(most=Max("n"))["most"]
            self.n = max(known, most) + 1
            self.save(update_fields=["n"])

    def record(self) -> schema.Gold:
        """The object this row becomes: a pure function of the row and its post."""
        post = self.task.post
        return schema.Gold(
            project=self.project.slug,
            post_id=post.post_id,
            revision=post.revision,
            preparation=self.preparation,
            n=self.n,
            by=self.by,
            spans=tuple(schema.Span.from_json(one) for one in self.spans),
            tokenizer=schema.TokenizerId.from_json(self.tokenizer),
            settings=self.settings_event,
            guideline_version=self.guideline_version,
            decided_at=schema.timestamp(self.decided_at.astimezone(UTC)),
            comment=self.comment,
            extra=self.extra,
        )
