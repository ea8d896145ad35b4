"""Markdown to the HTML a careers site would hold."""

from html.entities import codepoint2name

from markdown_it import MarkdownIt

_markdown = MarkdownIt("commonmark", {"html": False}).enable("table")


def html(text: str, entities: bool = False) -> str:
    """The HTML of a Markdown text; with `entities`, in ASCII alone, as older content systems write it."""
    made = _markdown.render(text).strip()
    return "".join(map(_entity, made)) if entities else made


def _entity(letter: str) -> str:
    if letter.isascii():
        return letter
    name = codepoint2name.get(ord(letter))
    return f"&{name};" if name else f"&#{ord(letter)};"
