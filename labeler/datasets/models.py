"""Datasets on their way in and out: files being imported, and released versions, which are rebuilt from S3."""

from typing import ClassVar

from django.db import models

from labeler.labeling.models import Project


class Import(models.Model):
    """`options`: what the reader and the labels are told; `survey`: what a dry run found; `counts` and `rows`: what has
    been done of it. One that a page asks for is checked first and waits for a person's word."""

    class State(models.TextChoices):
        CHECK = "check"
        CHECKING = "checking"
        CHECKED = "checked"
        DROPPED = "dropped"
        WAITING = "waiting"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    project = models.ForeignKey(Project, models.PROTECT, related_name="imports")
    name = models.CharField(max_length=200, help_text="of the file")
    sha256 = models.CharField(max_length=64)
    form = models.CharField(max_length=20)
    options = models.JSONField(default=dict)
    key = models.CharField(max_length=300, blank=True, help_text="prefix in the posts bucket; empty: a command has it")
    by = models.CharField(max_length=40, help_text="opaque id of who asked for it, or `system`")
    began_at = models.DateTimeField()
    beat_at = models.DateTimeField(help_text="when it last went on")
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    survey = models.JSONField(default=dict)
    rows = models.PositiveIntegerField(default=0, help_text="how many have been dealt with")
    counts = models.JSONField(default=dict)
    first_notes = models.JSONField(default=list)
    error = models.TextField(blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state"], name="import_by_state")]

    def __str__(self) -> str:
        return f"import of {self.name}"


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
