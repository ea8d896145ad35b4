"""What a project says about labelling: its guideline as safe HTML, its labels with their keys and examples. Pure."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt

from labeler.labeling.layers import COMMAND_KEYS, LABEL_KEYS
from pipeline.schema import Label

COMMANDS = frozenset(COMMAND_KEYS)
KEYS = LABEL_KEYS

_TAGS = {
    *("h1", "h2", "h3", "h4", "p", "ul", "ol", "li", "strong", "em", "code", "pre", "blockquote", "a", "hr", "br"),
    *("table", "thead", "tbody", "tr", "th", "td"),
}
_EXAMPLE = re.compile(
    r"(?P<bad>not:\s*)?(?P<before>[^\[\]]*)\[(?P<span>[^\[\]]+)\](?P<after>[^\[\]|]*)(\|(?P<note>.*))?"
)


@lru_cache(maxsize=64)
def html(markdown: str) -> str:
    """A guideline as HTML: no images, no raw HTML, links to the web only."""
    made = MarkdownIt("commonmark", {"html": False}).enable("table").render(markdown)
    return nh3.clean(
        made,
        tags=_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


@dataclass(frozen=True, slots=True)
class Example:
    """`before`, `span` and `after` are one text; `good`: the span carries the label, else it must not."""

    good: bool
    before: str
    span: str
    after: str = ""
    note: str = ""


def example(text: str) -> Example:
    """Reads `courses in [applied statistics]`, `not: good with [Terraform] | use Tool`, and `SQL`, all of it a span."""
    found = _EXAMPLE.fullmatch(text)
    if not found:
        return Example(good=not text.startswith("not:"), before="", span=text.removeprefix("not:").strip())
    return Example(not found["bad"], found["before"], found["span"], found["after"], (found["note"] or "").strip())


@dataclass(frozen=True, slots=True)
class ShownLabel:
    """A label as the page shows it: `key` is the one that works, empty where none is left."""

    name: str
    key: str
    color: int
    group: str
    description: str
    shown: tuple[Example, ...]


def labels(given: Sequence[Label]) -> list[ShownLabel]:
    """In their order. A key that is a command's, taken or no single character gives way to the next free one."""
    wanted = [one.key.lower() for one in given]
    kept = [len(key) == 1 and key not in COMMANDS and key not in wanted[:at] for at, key in enumerate(wanted)]
    free = iter([key for key in KEYS if key not in wanted])
    keys = [key if keeps else next(free, "") for key, keeps in zip(wanted, kept, strict=True)]
    return [
        ShownLabel(one.name, key, one.color, one.group, one.description, tuple(map(example, one.examples)))
        for one, key in zip(given, keys, strict=True)
    ]
