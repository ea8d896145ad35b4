"""A project: the index of its events in S3."""

import json
from functools import lru_cache

from django.db import models

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
        self.body, settings = _parsed(body)
        self.__dict__["_settings"] = (self.body, settings)

    @property
    def settings(self) -> ProjectSettings:
        """Read once for each `body` this row has had."""
        kept = self.__dict__.get("_settings")
        if kept is None or kept[0] is not self.body:
            kept = self.__dict__["_settings"] = (self.body, ProjectSettings.from_json(self.body))
        return kept[1]


@lru_cache(maxsize=64)
def _parsed(body: str) -> tuple[Json, ProjectSettings]:
    value = json.loads(body)
    return value, ProjectSettings.from_json(value)
