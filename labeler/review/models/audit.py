"""Who changed what, when, from what to what."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F


class AuditEntry(models.Model):
    """Never changed. `by` is null for what no logged-in person did: commands, the worker."""

    at = models.DateTimeField(auto_now_add=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    subject = models.CharField(max_length=200, help_text="what was changed, as `user ann` or `project jobs`")
    action = models.CharField(max_length=40)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes: ClassVar = [
            models.Index(F("at").desc(), F("id").desc(), name="audit_by_time"),
            models.Index(fields=["subject", "id"], name="audit_by_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.action}"
