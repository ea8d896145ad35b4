"""How far the worker has come with what it goes through as it comes in."""

from django.db import models


class Cursor(models.Model):
    """How far a periodic task of the worker has read."""

    name = models.CharField(max_length=40, primary_key=True)
    position = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.name}: {self.position}"
