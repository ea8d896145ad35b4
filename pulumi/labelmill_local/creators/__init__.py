"""One creator per type of resource: create it on the emulator, or adopt what is there, and return its real names."""

from . import alarms, functions, iam, mail, queues, schedules, secrets, storage, tables, topics  # noqa: F401  they register themselves
from .meaningless import MEANINGLESS, why_meaningless
from .registry import CREATORS, Made, UnknownType

__all__ = ["CREATORS", "MEANINGLESS", "Made", "UnknownType", "why_meaningless"]
