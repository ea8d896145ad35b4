"""schema.org values written into the elements of a page: microdata, and RDFa Lite. Descriptions keep their HTML."""

import re
from typing import Any

from lxml import html

from scraper import blocks, schemaorg
from scraper.reading import Page

_MENTION = re.compile(r"(?:itemtype|typeof)\s*=\s*[\"'][^\"']*JobPosting", re.I)
_HTML_PROPERTIES = {"description", *schemaorg.SECTIONS}
# (what opens an item, what names its type, what names a property, what names its subject)
_MICRODATA = ("itemscope", "itemtype", "itemprop", "itemid")
_RDFA = ("typeof", "typeof", "property", "resource")
MAX_ITEMS = 2_000


def values(page: Page) -> list[dict[str, Any]]:
    """The page's JobPosting items in the shape of JSON-LD; none, at no cost, where the page names no JobPosting."""
    if not _MENTION.search(page.text):
        return []
    found = []
    for opens, kind, prop, subject in (_MICRODATA, _RDFA):
        for element in page.tree.xpath(f"//*[@{opens}][contains(@{kind}, 'JobPosting')]")[:MAX_ITEMS]:
            found.append(_item(element, opens, kind, prop, subject))
    return found


def _item(element: html.HtmlElement, opens: str, kind: str, prop: str, subject: str) -> dict[str, Any]:
    item: dict[str, Any] = {"@type": element.get(kind, "").split()}
    if element.get(subject):
        item["@id"] = element.get(subject)
    stack = list(reversed(element))
    while stack:
        node = stack.pop()
        if not isinstance(node.tag, str):
            continue
        nested = node.get(opens) is not None
        for name in (node.get(prop) or "").split():
            name = name.rsplit("/", 1)[-1].split(":")[-1]
            item.setdefault(name, []).append(_item(node, opens, kind, prop, subject) if nested else _value(node, name))
        if not nested:
            stack.extend(reversed(node))
    return item


def _value(node: html.HtmlElement, name: str) -> str:
    for attribute in ("content", "datetime"):
        if node.get(attribute) is not None:
            return str(node.get(attribute))
    if node.tag in ("a", "link", "area", "img", "iframe") and name not in _HTML_PROPERTIES:
        link = node.get("href") or node.get("src")
        if link and name in ("url", "sameAs", "image", "logo"):
            return str(link)
    if name in _HTML_PROPERTIES:
        return str(html.tostring(node, encoding="unicode", with_tail=False))
    return " ".join(blocks.from_tree(node).split())
