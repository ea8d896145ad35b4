"""Answers: rows that become objects in S3, their spans for searching, and drafts of them."""

from datetime import UTC
from typing import Any, ClassVar

from django.conf import settings
from django.db import models, transaction
from django.db.models import F, Max, Q
from django.db.models.functions import Upper

from labeler.accounts.models import User
from labeler.labeling.models.post import Post
from labeler.labeling.models.project import Project
from labeler.labeling.models.task import Task
from pipeline import schema

# Of the object in S3: the key that its page gave it, so that a resend is known after a rebuild too.
SUBMIT_KEY = "submit_key"


class Annotation(models.Model):
    """One labeler's complete answer to a task, the n-th. `stored_at` is set once its object is in S3."""

    class Kind(models.TextChoices):
        LABELS = "labels"
        SKIP = "skip"
        WITHDRAWN = "withdrawn"

    RELATED: ClassVar[tuple[str, ...]] = ("project", "task__post", "labeler")  # what its object is made of

    project = models.ForeignKey(Project, models.PROTECT, related_name="annotations")
    task = models.ForeignKey(Task, models.PROTECT, related_name="annotations")
    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="annotations")
    n = models.PositiveIntegerField()
    current = models.BooleanField(default=True, help_text="the labeler's newest answer to this task")
    kind = models.CharField(max_length=9, choices=Kind)
    second_opinion = models.BooleanField(default=False)
    flagged = models.BooleanField(default=False)
    reason = models.CharField(max_length=40, blank=True)
    comment = models.TextField(blank=True)
    settings_event = models.PositiveIntegerField()
    guideline_version = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    submitted_at = models.DateTimeField()
    active_seconds = models.FloatField(default=0.0)
    idempotency_key = models.CharField(max_length=64)
    stored_at = models.DateTimeField(null=True, blank=True)
    preparation = models.CharField(max_length=64)
    tokenizer = models.JSONField()
    trace_id = models.CharField(max_length=100, blank=True)
    extra = models.JSONField(default=dict, help_text="fields a newer writer added")
    spans = models.JSONField(default=list)
    suggestions = models.JSONField(default=dict, help_text="hidden or not, and what became of them")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "labeler", "n"], name="annotation_once"),
            models.UniqueConstraint(fields=["labeler", "idempotency_key"], name="annotation_one_per_submit"),
            models.UniqueConstraint(
                fields=["task", "labeler"], condition=Q(current=True), name="annotation_one_current"
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["labels", "skip", "withdrawn"]), name="annotation_kind_is_known"
            ),
            models.CheckConstraint(condition=Q(n__gte=1), name="annotation_n_from_one"),
            models.CheckConstraint(condition=Q(active_seconds__gte=0), name="annotation_time_not_negative"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(stored_at__isnull=True), name="annotation_to_store"),
            models.Index(F("labeler"), F("project"), F("submitted_at").desc(), name="annotation_by_labeler"),
            models.Index(F("submitted_at").desc(), F("id").desc(), name="annotation_by_time"),
            # What is rare, for lists that show it alone.
            models.Index(
                F("kind"),
                F("submitted_at").desc(),
                F("id").desc(),
                condition=Q(kind__in=["skip", "withdrawn"]),
                name="annotation_not_labels",
            ),
            *(
                models.Index(F("submitted_at").desc(), F("id").desc(), condition=which, name=f"annotation_{name}")
                for name, which in (
                    ("flagged", Q(flagged=True)),
                    ("second", Q(second_opinion=True)),
                    ("replaced", Q(current=False)),
                )
            ),
        ]

    def __str__(self) -> str:
        return f"annotation {self.pk}"

    def renumber(self, known: int) -> None:
        """Takes the number after all of its labeler's and task's that the database and the bucket (`known`) have."""
        with transaction.atomic():
            now = Annotation.objects.select_for_update().get(pk=self.pk)
            if now.n == self.n:  # else another sweep was here first
                rows = Annotation.objects.filter(task=self.task_id, labeler=self.labeler_id)
                now.n = max(known, rows.aggregate(most=Max("n"))["most"]) + 1
                now.save(update_fields=["n"])
            self.n = now.n

    def record(self) -> schema.Annotation:
        """The object this row becomes: a pure function of the row, its post and its labeler's opaque id."""
        post = self.task.post
        return schema.Annotation(
            project=self.project.slug,
            post_id=post.post_id,
            revision=post.revision,
            preparation=self.preparation,
            labeler=self.labeler.labeler_id,
            n=self.n,
            kind=self.kind,
            # Written by ourselves, so not checked again.
            spans=tuple(schema.Span(one["start"], one["end"], one["label"], *one["tokens"]) for one in self.spans),
            tokenizer=schema.TokenizerId.from_json(self.tokenizer),
            settings=self.settings_event,
            guideline_version=self.guideline_version,
            started_at=schema.timestamp(self.started_at.astimezone(UTC)),
            submitted_at=schema.timestamp(self.submitted_at.astimezone(UTC)),
            active_seconds=float(self.active_seconds),  # 0 and 0.0 differ in JSON
            second_opinion=self.second_opinion,
            reason=self.reason,
            comment=self.comment,
            flagged=self.flagged,
            suggestions=self.suggestions,
            trace_id=self.trace_id,
            extra=self.extra,
        )


def build(task: Task, labeler: User, n: int, **fields: Any) -> Annotation:
    """An unsaved row, the labeler's n-th of the task; made under the project's settings now, of the post as it is
    prepared now, where `fields` do not say otherwise."""
    settings, post = task.project.settings, task.post
    now = {
        "settings_event": settings.n,
        "guideline_version": settings.guideline_version,
        "preparation": post.preparation,
        "tokenizer": post.tokenizer.to_json(),
        "trace_id": post.trace_id,
    }
    return Annotation(project=task.project, task=task, labeler=labeler, n=n, **{**now, **fields})


class LabeledSpan(models.Model):
    """A span of a current annotation, with its words, for searching."""

    annotation = models.ForeignKey(Annotation, models.CASCADE, related_name="labeled_spans")
    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, models.PROTECT, related_name="+", db_index=False, help_text="for lists of posts")
    label = models.CharField(max_length=100)
    words = models.CharField(max_length=200, help_text="the text of the span, its first 200 characters")
    start = models.PositiveIntegerField()
    end = models.PositiveIntegerField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(start__lt=F("end")), name="span_not_empty")]
        indexes = [
            models.Index(fields=["project", "label", "words"], name="span_by_label"),
            models.Index(fields=["label", "post"], name="span_label_by_post"),
            models.Index(F("project"), Upper("words"), name="span_by_words"),
        ]

    def __str__(self) -> str:
        return f"{self.label}: {self.words}"


class Draft(models.Model):
    """What a labeler has done so far on a task, as the page describes it; gone once submitted."""

    task = models.ForeignKey(Task, models.CASCADE, related_name="drafts")
    labeler = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="drafts")
    state = models.JSONField()
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["task", "labeler"], name="draft_once")]

    def __str__(self) -> str:
        return f"draft of task {self.task_id}"
