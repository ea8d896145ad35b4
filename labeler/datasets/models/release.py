"""A released version of a project's dataset: the index of its manifest in S3."""

from typing import ClassVar

from django.db import models

from labeler.labeling.models import Project


class Release(models.Model):
    """`version` counts from 1. Published means: its manifest is in S3, after which nothing of it changes."""

    class State(models.TextChoices):
        WAITING = "waiting"
        RUNNING = "running"
        PUBLISHED = "published"
        FAILED = "failed"

    project = models.ForeignKey(Project, models.PROTECT, related_name="releases")
    version = models.PositiveIntegerField()
    options = models.JSONField(default=dict)
    by = models.CharField(max_length=40, help_text="opaque id of who asked for it, or `system`")
    began_at = models.DateTimeField()
    beat_at = models.DateTimeField(help_text="when it last went on")
    state = models.CharField(max_length=9, choices=State, default=State.WAITING)
    done = models.PositiveIntegerField(default=0, help_text="posts written so far")
    manifest = models.JSONField(default=dict, help_text="the published manifest")
    error = models.TextField(blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "version"], name="release_once")]
        indexes: ClassVar = [models.Index(fields=["state"], name="release_by_state")]

    def __str__(self) -> str:
        return f"{self.project} v{self.version}"

    @property
    def prefix(self) -> str:
        """Of its objects in the releases bucket."""
        return f"releases/{self.project.slug}/v{self.version}/"
