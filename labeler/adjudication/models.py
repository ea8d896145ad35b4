"""What reviewers see and decide: comparisons, gold, rulings and events. Gold and events are rebuilt from S3."""

import secrets
from datetime import UTC
from typing import ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import Max, Q
from django.utils import timezone

from labeler.labeling.models import Post, Project, Task
from pipeline import schema
from pipeline.schema import ReviewEvent as Record
from pipeline.schema import timestamp


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


class Gold(models.Model):
    """`stored_at` is set once its object is in S3. The one with the highest n stands."""

    RELATED: ClassVar[tuple[str, ...]] = ("project", "task__post")  # what its object is made of

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


def new_key() -> str:
    return secrets.token_hex(8)


class Ruling(models.Model):
    """`phrase` is case-folded; `label` empty: the phrase carries none. `touched`: posts it settled something in."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="rulings")
    key = models.CharField(max_length=32, unique=True, default=new_key, help_text="by which its decisions name it")
    phrase = models.CharField(max_length=200)
    label = models.CharField(max_length=100, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    why = models.TextField(blank=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True, help_text="when the worker had gone through all posts")
    position = models.BigIntegerField(default=0, help_text="how far the worker has come")
    settled = models.PositiveIntegerField(default=0, help_text="posts that became gold by it")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["project", "phrase"], condition=Q(undone_at__isnull=True), name="ruling_one_a_phrase"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.phrase}: {self.label or 'no label'}"


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

    RELATED: ClassVar[tuple[str, ...]] = ("project",)  # what its object is made of

    project = models.ForeignKey(Project, models.PROTECT, related_name="review_events")
    n = models.PositiveIntegerField()
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    by = models.CharField(max_length=40, help_text="opaque id of who did it")
    why = models.TextField(blank=True)
    about = models.JSONField(help_text="which posts, answer or ruling")
    extra = models.JSONField(default=dict, help_text="fields a newer writer added")
    stored_at = models.DateTimeField(null=True, blank=True)

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
