"""What the worker saw when it last looked: the dashboard shows it, and asks no other service while it is waited for."""

from django.db import models


class Look(models.Model):
    """`name`: queues, crawls, jobs. Made anew at each look, so nothing of it is kept elsewhere."""

    name = models.CharField(max_length=20, primary_key=True)
    at = models.DateTimeField()
    body = models.JSONField()

    def __str__(self) -> str:
        return f"{self.name} at {self.at}"
