"""A fetched page: its bytes to text, whatever it says of its own encoding, and its text to a tree."""

import codecs
import re
from dataclasses import dataclass
from functools import cached_property

from lxml import etree, html
from w3lib import encoding as w3

MAX_PAGE_BYTES = 10_000_000  # of one page, before and after decompression

# Codecs that Python counts among those of text, and that no page is written in; some of them cannot even replace.
_NO_ENCODINGS = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")


@dataclass(frozen=True, slots=True)
class Decoded:
    """`misdeclared` when the text could not be read as what it was said to be."""

    text: str
    encoding: str
    misdeclared: bool


@dataclass(frozen=True)
class Page:
    """One fetched page: where it came from at last, its bytes after decompression, its Content-Type."""

    url: str
    body: bytes
    content_type: str = ""
    fetched_at: str = ""  # RFC 3339
    rendered: bool = False  # the browser's document after its scripts ran

    @cached_property
    def decoded(self) -> Decoded:
        return decode(self.body, self.content_type)

    @property
    def text(self) -> str:
        return self.decoded.text

    @cached_property
    def tree(self) -> html.HtmlElement:
        return parse(self.text)


def decode(body: bytes, content_type: str = "") -> Decoded:
    """Reads a page as its byte-order mark, its header, or its own declaration says, UTF-8 otherwise.

    Names are understood as browsers do: iso-8859-1 is windows-1252. Where the bytes do not fit what is declared, UTF-8
    is tried; where they fit neither, what cannot be read becomes U+FFFD.
    """
    by_mark, mark = w3.read_bom(body)
    if by_mark and mark:
        return _replace(body[len(mark) :], by_mark)
    declared = _find_declared(body, content_type)
    for encoding in dict.fromkeys((declared or "utf-8", "utf-8")):
        try:
            return Decoded(body.decode(encoding), encoding, misdeclared=encoding != (declared or "utf-8"))
        except UnicodeDecodeError:
            continue
    if declared and declared != "utf-8":
        return _replace(body, declared)
    # Old pages that say UTF-8, or nothing, and are Windows-1252 throughout have no valid multi-byte sequence at all.
    if not re.search(rb"[\xc3-\xf4][\x80-\xbf]", body):
        return Decoded(w3.to_unicode(body, "cp1252"), "cp1252", misdeclared=True)
    return _replace(body, "utf-8")


def parse(text: str) -> html.HtmlElement:
    """The document of a page's text; an empty one where there is nothing to parse."""
    parser = html.HTMLParser(encoding="utf-8", remove_pis=True, huge_tree=True)
    # As bytes: a text with an XML declaration of an encoding is refused by lxml.
    body = text.encode("utf-8", "replace").strip()
    try:
        tree = html.document_fromstring(body, parser=parser, ensure_head_body=True)
    except etree.ParserError:  # nothing to parse
        tree = None
    return html.document_fromstring("<html></html>") if tree is None else tree


def _replace(body: bytes, encoding: str) -> Decoded:
    text = w3.to_unicode(body, encoding)
    return Decoded(text, encoding, misdeclared="\ufffd" in text)


def _find_declared(body: bytes, content_type: str) -> str | None:
    by_header = w3.http_content_type_encoding(content_type)
    if by_header and _is_of_text(by_header):
        return by_header
    inside = w3.html_body_declared_encoding(body)
    if inside is None or not _is_of_text(inside):
        return None
    # What could be found byte by byte is in no encoding of two or four bytes a letter.
    return "utf-8" if inside.startswith(("utf-16", "utf-32")) else inside


def _is_of_text(encoding: str) -> bool:
    """False for hex, rot13 and their like: codecs as well, but not of text."""
    return encoding not in _NO_ENCODINGS and getattr(codecs.lookup(encoding), "_is_text_encoding", True)
