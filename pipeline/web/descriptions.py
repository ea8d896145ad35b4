"""The description of a posting: which of its values hold it, and their text as sound HTML."""

import re
from collections.abc import Iterable, Iterator
from html import escape, unescape
from typing import Any

from pipeline.web import markup
from pipeline.web.jsonld import text_of
from pipeline.web.markup import has_markup, unescape_markup

# Sections that some pages keep apart from the description.
SECTIONS = (
    "responsibilities", "qualifications", "skills", "experienceRequirements", "educationRequirements", "jobBenefits",
    "incentiveCompensation", "specialCommitments", "workHours",
)  # fmt: skip

# What systems write into a field that has nothing to say; compared without case and outer punctuation.
_NOTHING = frozenset(
    re.split(
        r"\|",
        "unavailable|not available|no requirements|no requirement|none|none specified|n/a|na|n.a|null|nil|undefined|nan"
        "|not specified|unspecified|not applicable|not provided|not stated|not disclosed|no data|tbd|tba|false|unknown"
        "|keine|keine angabe|keine angaben|k.a|k. a|aucun|aucune|non spécifié|non précisé|non renseigné|ninguno|ninguna"
        "|no especificado|no disponible|nessuno|nessuna|non specificato|n.d|geen|n.v.t|ingen|inga|brak|nenhum|nenhuma",
    )
)
_OUTSIDE = " \t\r\n\xa0.,;:!-–—_*•·()[]{}<>'\"/\\"
# Where an object keeps its words, the likeliest first.
_WORDS = ("@value", "text", "description", "articleBody", "value", "name", "itemListElement", "item")
_LEVELS = 5  # of objects within each other


def find_parts(node: dict[str, Any]) -> Iterator[str]:
    """The description of a schema.org value, then the sections kept apart from it; each as it is written there.

    Of several languages the first one counts; a field that says only that there is nothing to say is left out.
    """
    for name in ("description", *SECTIONS):
        yield from (part for part in _texts(node.get(name)) if not is_placeholder(part))


def is_placeholder(part: str) -> bool:
    """True for `N/A`, `UNAVAILABLE`, `-` and what else systems write where they have no text."""
    if len(part) > 200:
        return False
    plain = unescape(markup.strip_tags(part) if has_markup(part) else part).strip(_OUTSIDE).casefold()
    return not plain or plain in _NOTHING


def _texts(value: Any, level: int = 0) -> list[str]:
    """The words of a value that may be a text, an object, or a list of them."""
    if level > _LEVELS:
        return []
    if isinstance(value, list):
        languages = [item.get("@language") for item in value if isinstance(item, dict) and item.get("@language")]
        return [
            part
            for item in value
            if not (languages and isinstance(item, dict) and item.get("@language", languages[0]) != languages[0])
            for part in _texts(item, level + 1)
        ]
    if isinstance(value, dict):
        return next(filter(None, (_texts(value.get(name), level + 1) for name in _WORDS)), [])
    return [part] if (part := text_of(value)) else []


def as_html(part: str) -> str:
    """The HTML of a description that may be HTML, escaped HTML or plain text with or without entities."""
    part = unescape_markup(part)
    if has_markup(part):
        return markup.mend(part)
    return "<p>" + escape(unescape(part), quote=False).replace("\r\n", "\n").replace("\n", "<br>") + "</p>"


def join_parts(parts: Iterable[str]) -> str:
    """Sections as one description: HTML where any of them is, text otherwise."""
    found = [unescape_markup(part) for part in parts if part.strip()]
    if any(map(has_markup, found)):
        if len(found) == 1:
            return as_html(found[0])
        # The empty paragraph parts them: a <div> alone begins a line, and no paragraph.
        return "<p></p>".join(f"<div>{as_html(part)}</div>" for part in found)
    return "\n\n".join(found)


def join_texts(texts: Iterable[str]) -> str:
    """Texts as paragraphs, each thing said once: a text whose lines are all there already is left out."""
    kept: list[str] = []
    for text in filter(None, texts):
        before = [_words(other) for other in kept]
        if all(any(line in other for other in before) for line in map(_words, text.split("\n")) if line.strip()):
            continue
        # What only begins a longer text is replaced by it.
        kept = [other for other, words in zip(kept, before, strict=True) if words not in _words(text)]
        kept.append(text)
    return "\n\n".join(kept)


def _words(text: str) -> str:
    """The words of a text with one blank around each, without the punctuation at their ends, case or bullets."""
    words = (word.strip(".,;:!?•·*-–—…()\"'") for word in text.casefold().split())
    return f" {' '.join(filter(None, words))} "
