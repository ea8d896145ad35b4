"""A project: the index of its events in S3."""

import json
from functools import lru_cache
from typing import Any

from django.db import models
from django.utils.functional import cached_property

from pipeline.schema import Json, ProjectSettings


class Project(models.Model):
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    event = models.PositiveIntegerField(help_text="number of the newest event")
    fitted = models.PositiveIntegerField(default=0, help_text="the event to which the tasks have been fitted")
    body = models.JSONField(help_text="the settings after it, as stored in S3")

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name

    def hold(self, body: str) -> None:
        """Takes over the settings as the database keeps them: JSON, parsed once a process."""
        self.body, self.settings = _parsed(body)

    @cached_property
    def settings(self) -> ProjectSettings:
        """What `body` says: it changes together with that alone, when the row is read again."""
        return ProjectSettings.from_json(self.body)

    def refresh_from_db(self, *args: Any, **options: Any) -> None:
        super().refresh_from_db(*args, **options)
        self.__dict__.pop("settings", None)


@lru_cache(maxsize=64)
def _parsed(body: str) -> tuple[Json, ProjectSettings]:
    value = json.loads(body)
    return value, ProjectSettings.from_json(value)
