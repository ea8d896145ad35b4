"""Bytes of a page to text, when what the page says of its own encoding may be a lie."""

import codecs
import re
from dataclasses import dataclass

_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.I)
_XML = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]+)", re.I)
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Codecs that Python counts among those of text, and that no page is written in; some of them cannot even replace.
_NO_ENCODINGS = ("idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape")
# Browsers read these names as the Windows encodings, and pages are written for browsers.
_AS_BROWSERS_DO = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}


@dataclass(frozen=True, slots=True)
class Decoded:
    """`lied` when the text could not be read as what it was said to be."""

    text: str
    encoding: str
    lied: bool


def decode(body: bytes, content_type: str = "") -> Decoded:
    """Reads a page as its byte-order mark, its header, or its own declaration says, UTF-8 otherwise.

    Where the bytes do not fit that, UTF-8 is tried; where they fit neither, what cannot be read becomes U+FFFD.
    """
    for mark, encoding in _MARKS:
        if body.startswith(mark):
            return _read(body[len(mark) :], encoding)
    declared = _declared(body, content_type)
    try:
        return Decoded(body.decode(declared or "utf-8"), declared or "utf-8", False)
    except UnicodeDecodeError:
        pass
    if declared and declared != "utf-8":
        try:
            return Decoded(body.decode("utf-8"), "utf-8", True)
        except UnicodeDecodeError:
            return _read(body, declared)
    # Old pages that say UTF-8, or nothing, and are Windows-1252 throughout have no valid multi-byte sequence at all.
    if not re.search(rb"[\xc3-\xf4][\x80-\xbf]", body):
        return Decoded(body.decode("cp1252", "replace"), "cp1252", True)
    return _read(body, "utf-8")


def _read(body: bytes, encoding: str) -> Decoded:
    text = body.decode(encoding, "replace")
    return Decoded(text, encoding, "\ufffd" in text)


def _declared(body: bytes, content_type: str) -> str | None:
    found = _HEADER.search(content_type)
    names = [found.group(1)] if found else []
    for pattern in (_XML, _META):
        if inside := pattern.search(body[:4096]):
            name = inside.group(1).decode("ascii", "replace")
            # What could be found byte by byte is in no encoding of two or four bytes a letter.
            names.append("utf-8" if re.match("utf-?(?:16|32)", name, re.I) else name)
    for name in names:
        try:
            known = codecs.lookup(name)
        except LookupError:
            continue
        # hex, rot13 and their like are codecs as well, but not of text.
        if getattr(known, "_is_text_encoding", True) and known.name not in _NO_ENCODINGS:
            return _AS_BROWSERS_DO.get(known.name, known.name)
    return None
