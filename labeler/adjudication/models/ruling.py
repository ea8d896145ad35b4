"""How one phrase is to be labelled in all posts of a project."""

import secrets
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from labeler.labeling.models import Project


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
