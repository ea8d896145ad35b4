"""An archived page as safe HTML with one phrase marked in it. Pure.

Nothing of the page is fetched, run or followed: no attribute survives, so no address does.
"""

from collections.abc import Iterator
from html import escape
from html.parser import HTMLParser

import nh3

from pipeline.text import normalise
from pipeline.web import descriptions, jsonld
from pipeline.web.page import parse

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "ul", "ol", "li", "dl", "dt", "dd", "table", "thead", "tbody", "tr"),
    *("td", "th", "strong", "b", "em", "i", "u", "small", "br", "hr", "blockquote", "pre", "code", "div", "section"),
    *("article", "main", "header", "footer", "span", "address", "figure", "figcaption", "sup", "sub"),
}
_LOST = {"script", "style", "template", "noscript", "head", "svg", "nav", "form", "iframe", "object", "select"}
CONTEXT = 60  # characters on each side by which one place is told from another


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
    """The HTML of the descriptions in a page's JSON-LD, read as the scraper reads them."""
    for node in jsonld.walk_nodes(jsonld.read_blocks(parse(page)).values):
        if description := descriptions.join_parts(descriptions.find_parts(node)):
            yield descriptions.as_html(description)


class _Pieces(HTMLParser):
    """The HTML as pieces, texts apart from tags."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[tuple[bool, str]] = []  # is text, the piece
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.pieces.append((False, f"<{tag}>"))

    def handle_endtag(self, tag: str) -> None:
        self.pieces.append((False, f"</{tag}>"))

    def handle_data(self, data: str) -> None:
        # As the post's own text is.
        self.pieces.append((True, normalise(data)))


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


def _common(ours: str, theirs: str) -> int:
    """How many characters both begin with."""
    count = 0
    for our_char, their_char in zip(ours, theirs, strict=False):
        if our_char != their_char:
            break
        count += 1
    return count
