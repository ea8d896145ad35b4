"""The description of a posting: which of its values hold it, and their text as HTML."""

import re
from collections.abc import Iterable, Iterator
from html import escape, unescape
from typing import Any

from pipeline.web.jsonld import text_of

# Sections that some pages keep apart from the description.
SECTIONS = (
    "responsibilities", "qualifications", "skills", "experienceRequirements", "educationRequirements", "jobBenefits",
    "incentiveCompensation", "specialCommitments", "workHours",
)  # fmt: skip

_TAG = re.compile(r"<(?:[a-z][a-z0-9]*(?:\s[^<>]*)?/?|/[a-z][a-z0-9]*\s*|!--.*?--)>", re.I | re.S)
_ESCAPED_TAG = re.compile(r"&lt;/?[a-z][a-z0-9]*(?:\s.*?)?/?&gt;", re.I | re.S)


def find_parts(node: dict[str, Any]) -> Iterator[str]:
    """The description of a schema.org value, then the sections kept apart from it; each as it is written there."""
    if whole := text_of(node.get("description")):
        yield whole
    for name in SECTIONS:
        section = node.get(name)
        for value in section if isinstance(section, list) else [section]:
            if part := text_of(value) or (text_of(value.get("description")) if isinstance(value, dict) else ""):
                yield part


def has_markup(text: str) -> bool:
    """True when a text holds at least one HTML tag."""
    return bool(_TAG.search(text))


def unescape_markup(text: str) -> str:
    """A description whose HTML was escaped as a whole (`&lt;p&gt;`), as HTML again; any other as it is."""
    return unescape(text) if _ESCAPED_TAG.search(text) and not has_markup(text) else text


def as_html(part: str) -> str:
    """The HTML of a description that may be HTML, escaped HTML or plain text with or without entities."""
    part = unescape_markup(part)
    if has_markup(part):
        return part
    return "<p>" + escape(unescape(part), quote=False).replace("\r\n", "\n").replace("\n", "<br>") + "</p>"


def join_parts(parts: Iterable[str]) -> str:
    """Sections as one description: HTML where any of them is, text otherwise."""
    found = [unescape_markup(part) for part in parts if part.strip()]
    if len(found) > 1 and any(map(has_markup, found)):
        # The empty paragraph parts them: a <div> alone begins a line, and no paragraph.
        return "<p></p>".join(f"<div>{as_html(part)}</div>" for part in found)
    return "\n\n".join(found)
