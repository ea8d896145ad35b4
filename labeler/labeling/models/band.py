"""Where texts that are nearly the same meet."""

from typing import ClassVar

from django.db import models

from labeler.labeling.models.post import Post
from labeler.labeling.models.project import Project


class Band(models.Model):
    """A part of a signature, as a number, and the first post of the project that has it."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    number = models.BigIntegerField()
    post = models.ForeignKey(Post, models.CASCADE, related_name="+", db_index=False)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["project", "number"], name="band_once")]

    def __str__(self) -> str:
        return f"band {self.number}"
