"""XML from strangers: no external entities, no entities of its own, bounded depth."""

from dataclasses import dataclass

from lxml import etree


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
    root = etree.fromstring(body, _parser(recover=True))
    if root is None:
        raise XmlRefused("not-xml")
    return Document(_safe(root), mended=True)


def local(element: etree._Element) -> str:
    """The name of an element without its namespace; empty for comments and the like."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


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
