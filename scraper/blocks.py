"""HTML to text that keeps its block structure: paragraphs, list items, lines, table cells.

Paragraphs are parted by an empty line, list items begin with a bullet or their number, entities are decoded once.
Panels that are closed or hidden are read, since a click opens them; scripts, comments and form fields are not.
"""

import html as entities
import re
from collections.abc import Iterator

from lxml import etree, html

from pipeline.web.descriptions import as_html
from pipeline.web.markup import has_markup, unescape_markup

BULLET = "• "

_PARAGRAPH = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote body center dd details dialog dir div dl dt fieldset figcaption figure footer"
        " form h1 h2 h3 h4 h5 h6 header hgroup hr main menu nav ol p pre section summary table ul",
    )
)
_LINE = frozenset(("li", "tr", "option", "legend", "caption"))
_UNSEEN = frozenset(
    re.findall(
        r"\w+",
        "script style template noscript head iframe object svg select textarea input rp datalist audio video title",
    )
)
_TIGHT = frozenset(("div", "dd", "dt", "summary", "figcaption", "center"))  # a line of their own, no empty line around
_LISTS = frozenset(("ul", "ol", "menu", "dir"))
_KEPT = re.compile(r"white-space(?:-collapse)?\s*:\s*(?:pre|break-spaces)", re.I)
_ACTS = ("submit", "reset")
# HTML's own white space: a no-break space is a character, and stays.
_SPACE = re.compile("[ \t\n\r\f]+")
_BLANKS = " \t\n\r\f\xa0"


def read_description(text: str) -> str:
    """The text of a description that may be HTML, escaped HTML or plain text with or without entities."""
    text = unescape_markup(text)
    if has_markup(text):
        return read_html(as_html(text))
    plain = entities.unescape(text).replace("\r\n", "\n").replace("\r", "\n")
    return _joined([line.strip(_BLANKS) for line in plain.split("\n")])


def read_html(fragment: str) -> str:
    """The text of a piece of sound HTML, or of a whole page."""
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
        if isinstance(value, str):
            out.text(value)
        elif step == "open":
            out.open(value)
        else:
            out.close(value)
    return out.finish()


def _walk(tree: html.HtmlElement) -> Iterator[tuple[str, html.HtmlElement | str]]:
    """("open", element), ("text", characters), ("close", element) in the order of the page.

    With a stack of its own: a page nested 10,000 deep is no reason to fail.
    """
    stack: list[tuple[html.HtmlElement, bool]] = [(tree, False)]
    while stack:
        node, left = stack.pop()
        if left:
            yield "close", node
        elif isinstance(node.tag, str) and not _unseen(node):
            yield "open", node
            if node.text:
                yield "text", node.text
            stack.append((node, True))
            stack.extend((child, False) for child in reversed(node))
            continue
        if node.tail and node is not tree:
            yield "text", node.tail


def _unseen(node: html.HtmlElement) -> bool:
    return node.tag in _UNSEEN or (node.tag == "button" and node.get("type", "").lower() in _ACTS)


def _is_heading(button: html.HtmlElement) -> bool:
    """True for a button that opens a panel: it says so, or the panel comes right after it."""
    if "aria-expanded" in button.attrib or "aria-controls" in button.attrib:
        return True
    after = button.getnext()
    return not (button.tail or "").strip() and after is not None and after.tag in _PARAGRAPH


def _numbers(node: html.HtmlElement) -> tuple[int, int, str] | None:
    """The first number of an ordered list, the step to the next, and the form; None for a list of bullets."""
    if node.tag != "ol":
        return None
    backwards = "reversed" in node.attrib
    first = len(node.findall("li")) if backwards else 1
    return _whole(node.get("start"), first), -1 if backwards else 1, node.get("type", "1")


def _whole(value: str | None, otherwise: int) -> int:
    return int(value) if value and re.fullmatch(r"-?\d{1,6}", value.strip()) else otherwise


def _number(value: int, form: str) -> str:
    if form in ("a", "A") and value > 0:
        letters = ""
        while value:
            value, rest = divmod(value - 1, 26)
            letters = chr(ord(form) + rest) + letters
        return letters
    if form in ("i", "I") and 0 < value < 4000:
        roman = ""
        for worth, sign in zip(
            (1000, 900, 500, 400, 100, 90, 50, 40, 10, 9, 5, 4, 1),
            ["m", "cm", "d", "cd", "c", "xc", "l", "xl", "x", "ix", "v", "iv", "i"],
            strict=True,
        ):
            count, value = divmod(value, worth)
            roman += sign * count
        return roman.upper() if form == "I" else roman
    return str(value)


class _Writer:
    """Collects lines. `gap` is what parts the next words from those before: 0 nothing, 1 a line, 2 an empty line."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.gap = 0
        self.kept = 0  # how many elements we are in whose line feeds are kept
        self.items = 0  # how many <li>
        self.mark = ""  # the bullet or number of the item whose words come next
        self.lists: list[tuple[int, int, str] | None] = []
        self.rows: list[list[int]] = []  # of each <tr> we are in: cells so far, lines when the last one began
        self.at_cell = False  # nothing of the cell was written yet

    def text(self, value: str) -> None:
        if not self.kept:
            if value.strip(" \t\n\r\f"):
                self._begin()
                self.line.append(_SPACE.sub(" ", value))
            elif not self.gap:
                self.line.append(" ")
            return
        first, *rest = value.split("\n")
        if first:
            self._begin()
            self.line.append(first)
        for line in rest:
            self._break()
            if line:
                self._begin()
                self.line.append(line)

    def open(self, node: html.HtmlElement) -> None:
        tag = node.tag
        if tag in _PARAGRAPH or (tag == "button" and _is_heading(node)):
            self._part(tag)
        elif tag == "br":
            self._break()
        elif tag in _LINE:
            self._part(tag)
        elif tag in ("td", "th"):
            self._open_cell()
        if tag == "li":
            self.items += 1
            self.mark = self._next_mark(node)
        elif tag == "tr":
            self.rows.append([0, len(self.lines)])
        elif tag in _LISTS:
            self.lists.append(_numbers(node))
        if _keeps(node):
            if self.gap:
                self._end()
            self.kept += 1

    def close(self, node: html.HtmlElement) -> None:
        tag = node.tag
        if tag in ("td", "th") and self.rows and self.rows[-1][1] == len(self.lines):
            self.gap = 0  # one line: its blocks part nothing
        if tag in _PARAGRAPH or tag in _LINE or (tag == "button" and _is_heading(node)):
            self._part(tag)
        if tag == "li":
            self.items -= 1
            self.mark = ""
        elif tag == "tr" and self.rows:
            self.rows.pop()
            self.at_cell = False
        elif tag in _LISTS and self.lists:
            self.lists.pop()
        if _keeps(node):
            if self.gap:
                self._end()
            self.kept -= 1

    def finish(self) -> str:
        self._end()
        return _joined(self.lines)

    def _next_mark(self, node: html.HtmlElement) -> str:
        numbers = self.lists[-1] if self.lists else None
        if numbers is None:
            return BULLET
        value, step, form = numbers
        value = _whole(node.get("value"), value)
        self.lists[-1] = value + step, step, form
        return f"{_number(value, node.get('type', form))}. "

    def _open_cell(self) -> None:
        if not self.rows:
            return
        row = self.rows[-1]
        if row[0] and row[1] == len(self.lines):
            self.gap = 0
            self.line.append("\t")
        elif row[0]:  # the cell before has lines of its own
            self.gap = max(self.gap, 1)
        self._apply_gap()
        row[0] += 1
        row[1] = len(self.lines)
        self.at_cell = True

    def _part(self, tag: str) -> None:
        if self.at_cell:
            return
        # Paragraphs within one list item stay together.
        tight = self.items or tag in _TIGHT or tag in _LINE
        self.gap = max(self.gap, 1 if tight else 2)

    def _break(self) -> None:
        self._apply_gap()
        if not self._end() and not self.mark:
            self.lines.append("")

    def _begin(self) -> None:
        self._apply_gap()
        self.at_cell = False
        if self.mark:
            self.line.append(self.mark)
            self.mark = ""

    def _apply_gap(self) -> None:
        if self.gap:
            self._end()
            if self.gap > 1:
                self.lines.append("")
            self.gap = 0

    def _end(self) -> bool:
        """Ends the line; False where it held nothing."""
        raw = "".join(self.line)
        line = raw.strip("\n\r") if self.kept else "\t".join(_tidy(cell) for cell in raw.split("\t")).strip(_BLANKS)
        self.line = []
        if not line.strip(_BLANKS):
            return False
        self.lines.append(line)
        return True


def _keeps(node: html.HtmlElement) -> bool:
    return node.tag == "pre" or bool(_KEPT.search(node.get("style", "")))


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
