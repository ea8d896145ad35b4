"""An archived page as safe HTML with one phrase marked in it. Pure.

Nothing of the page is fetched, run or followed: no attribute survives, so no address does.
"""

import json
import re
from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser
from typing import Any

import nh3

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr"),
    *("td", "th", "strong", "b", "em", "i", "u", "small", "br", "hr", "blockquote", "pre", "code", "div", "section"),
    *("article", "main", "header", "footer", "span", "address", "figure", "figcaption", "sup", "sub"),
}
_LOST = {"script", "style", "template", "noscript", "head", "svg", "nav", "form", "iframe", "object", "select"}
_STRUCTURED = re.compile(r"<script[^>]*application/ld\+json[^>]*>(.*?)</script", re.IGNORECASE | re.DOTALL)
CONTEXT = 60  # characters on each side by which one place is told from another


def decoded(body: bytes, content_type: str) -> str:
    """The page's text by the charset it states, UTF-8 otherwise."""
    stated = re.search(r"charset=[\"']?([\w-]+)", content_type) or re.search(
        rb"<meta[^>]+charset=[\"']?([\w-]+)", body[:4096]
    )
    name = stated[1] if stated else "utf-8"
    try:
        return body.decode(name if isinstance(name, str) else name.decode(), "replace")
    except LookupError:
        return body.decode("utf-8", "replace")


def shown(page: str, text: str, start: int, end: int) -> tuple[str, str]:
    """The HTML to show, and where the phrase `text[start:end]` was found: page, data, or nowhere (empty).

    Where the visible page lacks it, the descriptions in its structured data are shown.
    """
    clean = sanitised(page)
    marked, found = mark(clean, text, start, end)
    if found:
        return marked, "page"
    for description in _descriptions(page):
        marked, found = mark(sanitised(description), text, start, end)
        if found:
            return marked, "data"
    return clean, ""


def sanitised(html: str) -> str:
    return nh3.clean(html, tags=_TAGS, clean_content_tags=_LOST, attributes={}, strip_comments=True)


def _descriptions(page: str) -> Iterator[str]:
    for block in _STRUCTURED.findall(page):
        try:
            yield from _strings(json.loads(block))
        except ValueError:
            continue


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("description"), str):
            yield value["description"]
        value = list(value.values())
    if isinstance(value, list):
        for one in value:
            yield from _strings(one)


class _Pieces(HTMLParser):
    """The HTML as pieces, texts apart from tags."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[tuple[bool, str]] = []  # is text, the piece
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.pieces.append((False, f"<{tag}>"))

    def handle_endtag(self, tag: str) -> None:
        self.pieces.append((False, f"</{tag}>"))

    def handle_data(self, data: str) -> None:
        self.pieces.append((True, data))


def mark(html: str, text: str, start: int, end: int) -> tuple[str, bool]:
    """Wraps the place that is most like the phrase in its context in `<mark>`; blanks don't count when comparing."""
    pieces = _Pieces(html).pieces
    where = [
        (number, at)
        for number, (is_text, piece) in enumerate(pieces)
        if is_text
        for at, char in enumerate(piece)
        if not char.isspace()
    ]
    solid = "".join(pieces[number][1][at] for number, at in where)
    wanted, before, after = (
        _solid(text[start:end]),
        _solid(text[max(0, start - 4 * CONTEXT) : start])[-CONTEXT:],
        _solid(text[end : end + 4 * CONTEXT])[:CONTEXT],
    )
    place = _best(solid, wanted, before, after)
    if place is None:
        return html, False
    marked: dict[int, tuple[int, int]] = {}
    for number, at in where[place : place + len(wanted)]:
        first, _ = marked.get(number, (at, at))
        marked[number] = first, at + 1
    out = []
    for number, (is_text, piece) in enumerate(pieces):
        if number in marked:
            first, last = marked[number]
            out.append(f"{escape(piece[:first])}<mark>{escape(piece[first:last])}</mark>{escape(piece[last:])}")
        else:
            out.append(escape(piece) if is_text else piece)
    return "".join(out), True


def _solid(text: str) -> str:
    return "".join(text.split())


def _best(solid: str, wanted: str, before: str, after: str) -> int | None:
    best, most = None, -1
    at = solid.find(wanted) if wanted else -1
    while at >= 0:
        alike = _common(solid[max(0, at - CONTEXT) : at][::-1], before[::-1])
        alike += _common(solid[at + len(wanted) :][:CONTEXT], after)
        if alike > most:
            best, most = at, alike
        at = solid.find(wanted, at + 1)
    return best


def _common(one: str, other: str) -> int:
    """How many characters both begin with."""
    count = 0
    for ours, theirs in zip(one, other, strict=False):
        if ours != theirs:
            break
        count += 1
    return count
