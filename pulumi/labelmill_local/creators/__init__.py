"""One creator per type of resource: create it on the emulator, or adopt what is there, and return its real names."""

from . import alarms, functions, iam, queues, storage, tables, topics  # noqa: F401  they register themselves
from .meaningless import MEANINGLESS
from .registry import CREATORS, Made, UnknownType

__all__ = ["CREATORS", "MEANINGLESS", "Made", "UnknownType"]
