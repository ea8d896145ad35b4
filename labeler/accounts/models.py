"""Who may log in. In stored labels a person is an opaque `labeler_id`, never a name."""

import base64
import secrets
from collections.abc import Iterable

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.functional import cached_property

# Each role holds the rights of those before it.
ROLES = ("labeler", "reviewer", "admin")


def new_labeler_id() -> str:
    """16 characters of lowercase base32: enough that none is given twice, short enough for an object key."""
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


class User(AbstractUser):
    labeler_id = models.CharField(max_length=40, unique=True, default=new_labeler_id, editable=False)

    @cached_property
    def roles(self) -> frozenset[str]:
        """The roles this account has, those included in a higher one too."""
        return self._roles(self.groups.values_list("name", flat=True))

    @property
    def only_labels(self) -> bool:
        """Labels posts, and does nothing else here: annotation jobs are none of their work."""
        return self.roles == {"labeler"}

    def knows_groups(self, names: Iterable[str | None]) -> None:
        """Tells the names of the account's groups, where a query has read them with it."""
        self.__dict__["roles"] = self._roles(names)

    def _roles(self, groups: Iterable[str | None]) -> frozenset[str]:
        if not self.is_active:
            return frozenset()
        if self.is_superuser:
            return frozenset(ROLES)
        highest = max((ROLES.index(name) for name in groups if name in ROLES), default=-1)
        return frozenset(ROLES[: highest + 1])


class Attempts(models.Model):
    """How often somebody has tried something since `began`, in seconds since 1970; `id` is a hash of both."""

    id = models.CharField(max_length=64, primary_key=True)
    began = models.BigIntegerField(db_index=True)
    made = models.PositiveIntegerField()

    class Meta:
        db_table = "accounts_attempts"

    def __str__(self) -> str:
        return self.id
