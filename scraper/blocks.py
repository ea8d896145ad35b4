"""HTML to text that keeps its block structure: paragraphs, list items, lines, table cells.

Paragraphs are parted by an empty line, list items begin with a bullet, entities are decoded once, and what a reader
of the page does not see (scripts, hidden nodes, comments) is left out.
"""

import html as entities
import re
from collections.abc import Iterator

from lxml import etree, html

from pipeline.web.descriptions import has_markup, unescape_markup

BULLET = "• "

_PARAGRAPH = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer"
        " form h1 h2 h3 h4 h5 h6 header hgroup hr main menu nav ol p pre section summary table ul",
    )
)
_LINE = frozenset(("br", "li", "tr", "option", "legend", "caption"))
_UNSEEN = frozenset(
    re.findall(r"\w+", "script style template noscript head iframe object svg math select textarea input button")
)
_TIGHT = frozenset(("div", "dd", "dt", "summary", "figcaption", "center"))  # a line of their own, no empty line around
_HIDING = re.compile(r"(display\s*:\s*none|visibility\s*:\s*hidden)", re.I)
# HTML's own white space: a no-break space is a character, and stays.
_SPACE = re.compile("[ \t\n\r\f]+")
_BLANKS = " \t\n\r\f\xa0"


def read_description(text: str) -> str:
    """The text of a description that may be HTML, escaped HTML or plain text with or without entities."""
    text = unescape_markup(text)
    if has_markup(text):
        return read_html(text)
    plain = entities.unescape(text).replace("\r\n", "\n").replace("\r", "\n")
    return _joined([line.strip(_BLANKS) for line in plain.split("\n")])


def read_html(fragment: str) -> str:
    """The text of a piece of HTML, or of a whole page."""
    if not fragment.strip():
        return ""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True)
    try:
        tree = html.document_fromstring(fragment.encode("utf-8", "replace"), parser=parser)
    except etree.ParserError:  # nothing but comments or blanks
        return ""
    return read_tree(tree)


def read_tree(tree: html.HtmlElement) -> str:
    """The text of an element and all in it."""
    out = _Writer()
    for step, value in _walk(tree):
        if step == "text":
            out.text(value)
        elif step == "open":
            out.open(value)
        else:
            out.close(value)
    return out.finish()


def _walk(tree: html.HtmlElement) -> Iterator[tuple[str, str]]:
    """("open", tag), ("text", characters), ("close", tag) in the order of the page.

    With a stack of its own: a page nested 10,000 deep is no reason to fail.
    """
    stack: list[tuple[html.HtmlElement, bool]] = [(tree, False)]
    while stack:
        node, left = stack.pop()
        tag = node.tag if isinstance(node.tag, str) else ""
        if left:
            yield "close", tag
        elif tag and not _unseen(node, tag):
            yield "open", tag
            if node.text:
                yield "text", node.text
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node))
            continue
        if node.tail and node is not tree:
            yield "text", node.tail


def _unseen(node: html.HtmlElement, tag: str) -> bool:
    if tag in _UNSEEN:
        return True
    attributes = node.attrib
    return bool(attributes) and ("hidden" in attributes or bool(_HIDING.search(attributes.get("style", ""))))


class _Writer:
    """Collects lines; `None` among them stands for one empty line, however many blocks ended there."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.kept = 0  # how many <pre> we are in
        self.items = 0  # how many <li>
        self.bullet = False  # the next words begin an item
        self.cells = 0

    def text(self, value: str) -> None:
        if not self.kept:
            self.line.append(_SPACE.sub(" ", value))
            return
        first, *rest = value.split("\n")
        self.line.append(first)
        for line in rest:
            self._end()
            self.line.append(line)

    def open(self, tag: str) -> None:
        if tag in _PARAGRAPH:
            self._block(tag)
        elif tag in _LINE:
            self._end(forced=tag == "br")
        elif tag in ("td", "th"):
            if self.cells:
                self.line.append("\t")
            self.cells += 1
        if tag == "li":
            self.items += 1
            self.bullet = True
        elif tag == "pre":
            self.kept += 1
        elif tag == "tr":
            self.cells = 0

    def close(self, tag: str) -> None:
        if tag in _PARAGRAPH:
            self._block(tag)
        elif tag in _LINE and tag != "br":
            self._end()
        if tag == "li":
            self.items -= 1
            self.bullet = False
        elif tag == "pre":
            self.kept -= 1

    def finish(self) -> str:
        self._end()
        return _joined(self.lines)

    def _block(self, tag: str) -> None:
        self._end()
        # Paragraphs within one list item stay together.
        if not self.items and tag not in _TIGHT:
            self.lines.append("")

    def _end(self, forced: bool = False) -> None:
        raw = "".join(self.line)
        line = raw.strip("\n\r") if self.kept else "\t".join(_tidy(cell) for cell in raw.split("\t")).strip(_BLANKS)
        self.line = []
        if line.strip(_BLANKS):
            if self.bullet:
                line, self.bullet = BULLET + line, False
            self.lines.append(line)
        elif forced and not self.bullet:
            self.lines.append("")


def _tidy(cell: str) -> str:
    return _SPACE.sub(" ", cell).strip(_BLANKS)


def _joined(lines: list[str]) -> str:
    """Lines with at most one empty one between, none at the ends."""
    out: list[str] = []
    for line in lines:
        if line.strip(_BLANKS) or (out and out[-1]):
            out.append(line if line.strip(_BLANKS) else "")
    while out and not out[-1]:
        out.pop()
    return "\n".join(out)
