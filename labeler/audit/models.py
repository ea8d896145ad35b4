"""Who changed what, when, from what to what."""

import secrets
from datetime import UTC
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from pipeline.schema import AuditRecord, timestamp


def new_id() -> str:
    return secrets.token_hex(16)


class AuditEntry(models.Model):
    """Never changed. `by` is null for what no logged-in person did: commands, the worker."""

    RELATED: ClassVar[tuple[str, ...]] = ("by",)  # what its object is made of

    id_in_s3 = models.CharField(max_length=32, unique=True, default=new_id)
    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    subject = models.CharField(max_length=200, help_text="what was changed, as `user ann` or `project jobs`")
    action = models.CharField(max_length=40)
    account = models.CharField(max_length=40, blank=True, help_text="opaque id of the account it is about")
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    extra = models.JSONField(default=dict, help_text="fields a newer writer added")
    stored_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "audit entries"
        indexes: ClassVar = [
            models.Index(F("at").desc(), F("id").desc(), name="audit_by_time"),
            models.Index(fields=["subject", "id"], name="audit_by_subject"),
            models.Index(fields=["id"], condition=Q(stored_at__isnull=True), name="audit_to_store"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.action}"

    def renumber(self, known: int) -> None:
        """Its name is random: another entry of the same name is none that was ever stored."""
        self.id_in_s3 = new_id()
        self.save(update_fields=["id_in_s3"])

    def record(self) -> AuditRecord:
        """The object this row becomes: a pure function of the row and the id of who did it."""
        return AuditRecord(
            id=self.id_in_s3,
            at=timestamp(self.at.astimezone(UTC)),
            by=self.by.labeler_id if self.by else "",
            subject=self.subject,
            action=self.action,
            account=self.account,
            before=self.before,
            after=self.after,
            extra=self.extra,
        )
