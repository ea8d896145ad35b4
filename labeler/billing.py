"""What a change of plan costs, and who settles it: a port, behind which one adapter stands so far."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from django.conf import settings

from pipeline.schema.job import PREMIUM

if TYPE_CHECKING:  # a model, which nobody may import before Django's settings are read
    from django.contrib.auth.base_user import AbstractBaseUser


class NotForSale(Exception):
    """This user cannot change to the plan by themselves; says what to do instead."""


class Billing(Protocol):
    def agree(self, user: "AbstractBaseUser", plan: str) -> None:
        """Settles that `user` changes to `plan` by their own wish. Raises `NotForSale`."""


@dataclass(frozen=True, slots=True)
class Manual:
    """Nobody is charged. On AWS an admin sets premium plans; on one machine anybody may try one. Free is free."""

    def agree(self, user: "AbstractBaseUser", plan: str) -> None:
        if plan == PREMIUM and settings.ON_AWS:
            raise NotForSale("Premium is set by an admin: write to them.")


MANUAL = Manual()
