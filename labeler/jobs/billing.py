"""What a change of plan costs, and who settles it: a port, behind which one adapter stands so far."""

from dataclasses import dataclass
from typing import Protocol

from django.conf import settings

from labeler.accounts.models import User
from pipeline.schema.job import PREMIUM


class NotForSale(Exception):
    """This user cannot change to the plan by themselves; says what to do instead."""


class Billing(Protocol):
    def agree(self, user: User, plan: str) -> None:
        """Settles that `user` changes to `plan` by their own wish. Raises `NotForSale`."""


@dataclass(frozen=True, slots=True)
class Manual:
    """Nobody is charged. On AWS an admin sets premium plans; on one machine anybody may try one. Free is free."""

    def agree(self, user: User, plan: str) -> None:
        if plan == PREMIUM and settings.ON_AWS:
            raise NotForSale("Premium is set by an admin: write to them.")


MANUAL = Manual()
