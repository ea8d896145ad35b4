"""Which of a text is markup, and that markup made sound: escaped once too often, or with what only looks like a tag."""

import re
from collections.abc import Iterator
from html import unescape

_PARTING = frozenset(
    re.findall(
        r"\w+",
        "address article aside blockquote br center dd details dialog div dl dt fieldset figcaption figure footer form"
        " h1 h2 h3 h4 h5 h6 header hr legend li main menu nav ol p pre section summary table tbody td th tr ul",
    )
)
_OTHERS = frozenset(
    re.findall(
        r"\w+",
        "a abbr acronym area audio b base basefont bdi bdo big blink body button canvas caption cite code col colgroup"
        " data datalist del dfn dir em embed font frame frameset head hgroup html i iframe img input ins kbd label link"
        " map mark marquee math meta meter nobr noscript object optgroup option output param picture progress q rp rt"
        " ruby s samp script search select small source span strike strong style sub sup svg template textarea tfoot"
        " thead time title track tt u var video wbr",
    )
)
_KNOWN = _PARTING | _OTHERS
# Those that make a paragraph or a line of running text; without them, blank lines are the text's own.
_RUNNING = frozenset(("p", "div", "br", "pre"))
_KEEPING = frozenset(("ul", "ol", "dl", "table", "pre"))  # blank lines within them part nothing

_TAG = re.compile(r"<(/?)([a-z][^\s<>]*)([^<>]*)(>?)|<(?![a-z/!?])", re.I)
_END = re.compile(r"</([a-z][^\s<>/]*)", re.I)
_PREFIXED = re.compile(r"[a-z]\w*:[a-z]\w*", re.I)
_ESCAPED = re.compile(
    r"&(?:amp;){0,4}(?:lt|#0{0,4}60|#x0{0,4}3c);(/?)([a-z][a-z0-9]{0,10})\b[^<>]{0,400}?"
    r"&(?:amp;){0,4}(?:gt|#0{0,4}62|#x0{0,4}3e);",
    re.I,
)
_UNSEEN = re.compile(r"<!--.*?-->|<(script|style)\b.*?</\1\s*>", re.I | re.S)
_CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
_BLANK_LINE = re.compile(r"\n[ \t\r]*\n\s*")
# A path of Windows keeps its backslashes.
_LITERAL = re.compile(
    r"(\b[A-Za-z]:\\(?!n[^a-z]|r\\)[^\s<>]+)|\\{1,2}(?:r\\{1,2}n|n)(?P<break>)|\\{1,2}u(?P<point>[0-9a-f]{4})", re.I
)
_PASSES = 3  # how often a text may have been escaped


def has_markup(text: str) -> bool:
    """True when a text holds at least one HTML tag: `List<String>` holds none."""
    return "<" in text and ("<!--" in text or any(True for _ in _tags(text)))


def strip_tags(text: str) -> str:
    return re.sub(r"<[^<>]*>", " ", _UNSEEN.sub(" ", text))


def unescape_markup(text: str) -> str:
    """A description whose HTML was escaped as a whole (`&lt;p&gt;`), as HTML again; any other as it is."""
    text = _break_lines(text)
    for _ in range(_PASSES):
        escaped = [found for found in _ESCAPED.finditer(text) if found[2].lower() in _KNOWN]
        # One name of a tag in a text is no markup: that has an end, or is a line break.
        whole = any(found[1] or found[2].lower() in ("br", "hr") for found in escaped)
        if not whole or len(escaped) <= sum(1 for _ in _tags(text)):
            break
        text = unescape(text)
    return text


def mend(html: str) -> str:
    """HTML whose tags are tags: what only looks like one is text, and line feeds part lines where nothing else does."""
    html = _CDATA.sub("", _UNSEEN.sub("", html)).replace("\r\n", "\n").replace("\r", "\n")
    ends = {name.lower() for name in _END.findall(html)}
    html = _TAG.sub(lambda found: found[0] if _is_tag(found, ends) else "&lt;" + found[0][1:], html)
    names = {found[2].rstrip("/").lower() for found in _tags(html)}
    if not names & _PARTING:
        return html.replace("\n", "<br>")
    if not names & _RUNNING and _BLANK_LINE.search(html):
        return "".join(_break_paragraphs(html))
    return html


def _break_paragraphs(html: str) -> Iterator[str]:
    """The HTML with a line break for each line feed of a running text that has blank lines in it."""
    depth = at = 0
    for found in _tags(html):
        text = html[at : found.start()]
        yield text if depth else _BLANK_LINE.sub("<br><br>", text) if text.strip() else text
        yield found[0]
        at = found.end()
        if found[2].rstrip("/").lower() in _KEEPING:
            depth += -1 if found[1] else 1
    yield html[at:]


def _tags(text: str) -> Iterator[re.Match[str]]:
    ends = {name.lower() for name in _END.findall(text)}
    return (found for found in _TAG.finditer(text) if found[4] and _is_tag(found, ends))


def _is_tag(found: re.Match[str], ends: set[str]) -> bool:
    if not found[2]:
        return False
    written = found[2].rstrip("/")
    name = written.lower()
    if not found[4]:  # another < before its >: an attribute may hold that
        return name in _KNOWN and "=" in found[3]
    if name in ends or found[1]:
        return True
    if name not in _KNOWN:
        return bool(_PREFIXED.fullmatch(written))  # o:p of word processors
    # A type's parameter, as in List<Link>: right after a word, written with a capital, never ended.
    after_word = found.start() > 0 and found.string[found.start() - 1].isalnum()
    like_type = written[0].isupper() and (written[1:].islower() or (len(written) == 1 and name != "p"))
    return not (after_word and like_type and not found[3].strip(" /"))


def _break_lines(text: str) -> str:
    r"""A text in which line feeds are written as `\n`, with line feeds; `C:\new` stays."""
    if "\\" not in text or not _LITERAL.search(text):
        return text
    breaks = [found for found in _LITERAL.finditer(text) if found["break"] is not None]
    # One that stands in a word, in a text that has line feeds of its own, is something else.
    sure = [at for at in breaks if not text[at.end() : at.end() + 1].isalpha() or text[at.end()].isupper()]
    breaking = bool(sure) or (len(breaks) > 1 and "\n" not in text)

    def put(found: re.Match[str]) -> str:
        if found["point"] and 0xD800 <= int(found["point"], 16) <= 0xDFFF:
            return found[0]
        if found["point"]:
            return chr(int(found["point"], 16))
        return "\n" if found["break"] is not None and breaking else found[0]

    return _LITERAL.sub(put, text)
