"""XML from strangers: no external entities, no entities of its own, bounded depth."""

import re
from dataclasses import dataclass
from html import escape

from lxml import etree

_HALVES = re.compile(rb"&#(?:x0*([dD][89a-fA-F][0-9a-fA-F]{2})|0*(5[5-7][0-9]{3}));")


class XmlRefused(ValueError):
    """The document is not read. `reason` is a short name that is counted."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Document:
    root: etree._Element
    mended: bool


def parse(body: bytes) -> Document:
    """The document; mended where it is broken, its last record then being in doubt. Raises `XmlRefused`."""
    body = body.strip()
    if not body:
        raise XmlRefused("empty-page")
    # A feed has no use for entities of its own, and they are how small files become endless or read others.
    if b"<!ENTITY" in body:
        raise XmlRefused("xml-entities")
    try:
        return Document(_safe(etree.fromstring(body, _parser(recover=False))), mended=False)
    except etree.XMLSyntaxError as error:
        if "Excessive depth" in str(error):
            raise XmlRefused("xml-too-deep", str(error)) from error
    try:
        root = etree.fromstring(_HALVES.sub(_half, body), _parser(recover=True))
        # What has no UTF-8 form shows only when it is read.
        for element in () if root is None else root.iter():
            _ = element.tag, element.text, element.tail, element.items()
    except (etree.XMLSyntaxError, UnicodeDecodeError) as error:
        raise XmlRefused("not-xml", str(error)) from error
    if root is None:
        raise XmlRefused("not-xml")
    return Document(_safe(root), mended=True)


def _half(found: re.Match[bytes]) -> bytes:
    """A reference to half of a surrogate pair, which is no character (XML 1.0, 2.2), as that of U+FFFD."""
    point = int(found[1], 16) if found[1] else int(found[2])
    return b"&#xFFFD;" if 0xD800 <= point <= 0xDFFF else found[0]


def local(element: etree._Element) -> str:
    """The name of an element without its namespace, declared or not; empty for comments and the like."""
    return re.split("[:}]", element.tag)[-1] if isinstance(element.tag, str) else ""


def inner(element: etree._Element) -> str:
    """What is in an element: its text, or HTML where it holds elements (Atom's `xhtml`, markup that nobody escaped)."""
    if not any(isinstance(child.tag, str) for child in element):
        return "".join(element.itertext())
    out: list[str] = [escape(element.text or "", quote=False)]
    stack: list[etree._Element | str] = list(reversed(element))
    while stack:
        node = stack.pop()
        if isinstance(node, str):
            out.append(node)
            continue
        stack.append(escape(node.tail or "", quote=False))
        if isinstance(node.tag, str):
            name = local(node)
            out.append(f"<{name}>{escape(node.text or '', quote=False)}")
            stack.append(f"</{name}>" if name not in ("br", "hr", "img", "wbr") else "")
            stack.extend(reversed(node))
    return "".join(out)


def _parser(recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True, recover=recover
    )


def _safe(root: etree._Element) -> etree._Element:
    dtd = root.getroottree().docinfo.internalDTD
    # In another encoding than ASCII's, they are seen only here; unexpanded, they would leave holes in the text.
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise XmlRefused("xml-entities")
    return root
