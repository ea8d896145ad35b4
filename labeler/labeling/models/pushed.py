"""Suggestions that a program pushed over the API: the index of their object in S3."""

from django.db import models

from labeler.labeling.models.project import Project


class Pushed(models.Model):
    """One request's suggestions, as they took the place of those the same program had made before."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="+")
    key = models.CharField(max_length=200, unique=True, help_text="of the object in the labels bucket")
    by = models.CharField(max_length=60, help_text="the program")
    posts = models.PositiveIntegerField()

    def __str__(self) -> str:
        return self.key
