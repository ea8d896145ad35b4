"""The kinds of source: one module each. A new module here is a new kind; nothing else names it."""

import pkgutil
from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Protocol

from pipeline.web.page import Page
from scraper.postings import Link, Reading, SourceConfig


class UnknownKind(ValueError):
    """No module here has this name; says which there are."""


class Source(Protocol):
    """What a module here gives as `SOURCE`."""

    def start(self, config: SourceConfig) -> Sequence[str | Link]:
        """The addresses to begin with; as links where more than an address is sent.

        Raises ValueError for an address this kind cannot use."""

    def read(self, page: Page, config: SourceConfig) -> Reading:
        """The postings of one fetched page, the links worth following, and what is left out and why.

        Never raises for what a page holds.
        """


def reads_files(source: Source) -> bool:
    """True for a source whose address is a file, a folder or a bucket's prefix, and not the web."""
    return hasattr(source, "rows")


def kinds() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(__path__))


@cache
def load(kind: str) -> Source:
    if kind not in kinds():
        raise UnknownKind(f"source kind: given {kind!r}, allowed: {', '.join(kinds())}")
    source: Source = import_module(f"{__name__}.{kind}").SOURCE
    return source
