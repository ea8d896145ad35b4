"""Keys of the HTTP API, and its replies to requests that may come again."""

from typing import ClassVar

from django.conf import settings
from django.db import models


class ApiKey(models.Model):
    """Only a hash of the secret is kept. `window` and `used` count the requests of the current minute."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="api_keys")
    name = models.CharField(max_length=100, help_text="what it is for")
    prefix = models.CharField(max_length=12, unique=True, help_text="how people tell it from others")
    sha256 = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    window = models.BigIntegerField(default=0)
    used = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.prefix}… ({self.name})"


class Reply(models.Model):
    """The answer to a request with an `Idempotency-Key`."""

    key = models.ForeignKey(ApiKey, models.CASCADE, related_name="replies")
    name = models.CharField(max_length=64, help_text="the header's value")
    request = models.CharField(max_length=64, help_text="SHA-256 of method, path and body")
    status = models.PositiveSmallIntegerField()
    body = models.JSONField()
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["key", "name"], name="reply_once")]

    def __str__(self) -> str:
        return self.name
