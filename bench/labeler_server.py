"""The web app for a bench whose labels bucket is memory: what is left is the app itself."""

from dataclasses import replace

from labeler import services as wiring
from labeler.wsgi import application
from tests.fakes.memory import MemoryStore

wiring.wire(replace(wiring.cloud(), labels=MemoryStore()))

__all__ = ["application"]
