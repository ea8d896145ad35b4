"""A fetched page: its bytes to text, whatever it says of its own encoding, and its text to a tree."""

import codecs
import re
from dataclasses import dataclass
from functools import cached_property

import chardet
from lxml import etree, html
from w3lib import encoding as w3

MAX_PAGE_BYTES = 10_000_000  # of one page, before and after decompression

DETECTED_BYTES = 20_000  # of a page that declares no encoding are looked at

LANGUAGE_BYTES = 20_000  # at the beginning of a page are looked at for its language
LEAST_CONFIDENCE = 0.045  # of the detector; for letters of Latin script, which differ little

_HIGH = re.compile(rb"[\x80-\xff]+")
# In encodings of two bytes a letter, the second one may be of ASCII.
_OF_OTHER_SCRIPT = re.compile(rb"[\x80-\xff](?:[^<>\"\n]{0,12}[\x80-\xff][^<>\"\n]?)*")
_LANGUAGE = re.compile(
    r"(?:<(?:html|feed|rss)\b[^>]*?\s(?:xml:)?lang\s*=\s*[\"']?|<language>\s*)([a-z]{2,3}(?:[-_][a-z0-9]{2,8})*)", re.I
)
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
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
    def language(self) -> str:
        """The language that the page or feed says it is in (`de`, `en-GB`); empty where it says none."""
        # Names of languages are ASCII, whatever the page is in.
        found = _LANGUAGE.search(self.body[:LANGUAGE_BYTES].decode("latin-1"))
        return found[1].replace("_", "-") if found else ""

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
    if not declared and b"\0" in body[:100]:  # every second byte of plain letters, in UTF-16
        declared = _detect(body)
    for encoding in dict.fromkeys((declared or "utf-8", "utf-8")):
        try:
            return Decoded(body.decode(encoding), encoding, misdeclared=encoding != (declared or "utf-8"))
        except UnicodeDecodeError:
            continue
    if declared and declared != "utf-8":
        return _replace(body, declared)
    text = w3.to_unicode(body, "utf-8")
    # A page of UTF-8 with some broken bytes stays one: most of what is beyond ASCII in it can be read.
    if text.count("\ufffd") * 2 > len(_BEYOND_ASCII.findall(text)):
        encoding = _detect(body)
        return Decoded(w3.to_unicode(body, encoding), encoding, misdeclared=True)
    return Decoded(text, "utf-8", misdeclared=True)


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


def _detect(body: bytes) -> str:
    """The encoding that the bytes look most like; windows-1252, which most undeclared pages are, where none does."""
    first = re.search(rb"[^\t-\r\x1b -~]", body)
    sample = body[max(0, first.start() - 200) & ~1 if first else 0 :][:DETECTED_BYTES]
    high = _HIGH.findall(sample)
    # Letters beyond ASCII that stand together are of another script than Latin: the ASCII around them misleads.
    together = sum(len(run) for run in high if len(run) > 1) * 2 > sum(map(len, high))
    if together and b"\0" not in sample:
        sample = b"\n".join(_OF_OTHER_SCRIPT.findall(sample))
    found = chardet.detect(sample, encoding_era=chardet.EncodingEra.MODERN_WEB)
    sure = together or (found["confidence"] or 0) >= LEAST_CONFIDENCE
    return (sure and w3.resolve_encoding(found["encoding"] or "")) or "cp1252"


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
