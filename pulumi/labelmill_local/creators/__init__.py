"""One creator per type of resource: create it on the emulator, or adopt what is there, and return its real names."""

from . import access, alarms, functions, messaging, storage  # noqa: F401  they register themselves
from .registry import CREATORS, MEANINGLESS, Made, UnknownType, why_meaningless

__all__ = ["CREATORS", "MEANINGLESS", "Made", "UnknownType", "why_meaningless"]
