"""schema.org JobPosting values, from JSON-LD, microdata (HTML) or RDFa Lite alike, to postings."""

import re
from collections.abc import Collection
from typing import Any

from lxml import html

from pipeline.web.descriptions import SECTIONS, find_parts, join_texts
from pipeline.web.jsonld import has_type, text_of, walk_nodes
from pipeline.web.page import Page
from scraper import blocks, dates
from scraper.postings import Posting, Skip

_MENTION = re.compile(r"(?:itemtype|typeof)\s*=\s*[\"'][^\"']*JobPosting", re.I)
_HTML_PROPERTIES = {"description", *SECTIONS}
# (what opens an item, what names its type, what names a property, what names its subject)
_MICRODATA = ("itemscope", "itemtype", "itemprop", "itemid")
_RDFA = ("typeof", "typeof", "property", "resource")
MAX_ITEMS = 2_000
_SAID = (
    "employmentType", "jobLocationType", "applicantLocationRequirements", "baseSalary", "salaryCurrency",
    "validThrough", "experienceLevel",
)  # fmt: skip

SHORT_ID = 6  # an identifier shorter than this may be another employer's as well


def read_postings(values: list[Any]) -> list[Posting | Skip]:
    """The postings among JSON-LD values; a reference by `@id` is followed within them."""
    nodes = [node for value in values for node in walk_nodes(value)]
    by_id = {node["@id"]: node for node in nodes if isinstance(node.get("@id"), str) and len(node) > 1}
    return [
        read_posting(node, by_id) for node in nodes if has_type(node, "JobPosting") and set(node) - {"@id", "@type"}
    ]


def read_posting(node: dict[str, Any], by_id: dict[str, dict[str, Any]] | None = None) -> Posting | Skip:
    by_id = by_id or {}
    description = _description(node)
    if not description:
        has_any = text_of(node.get("description"))
        return Skip("empty-description" if has_any else "no-description", text_of(node.get("title")))
    company = _name(_follow(node.get("hiringOrganization"), by_id))
    return Posting(
        title=text_of(node.get("title")) or text_of(node.get("name")),
        description=description,
        markup=False,
        external_id=_identifier(node.get("identifier"), company),
        url=text_of(node.get("url")),
        company=company,
        location=_location(node, by_id),
        date_posted=_date(node.get("datePosted")),
        said=_said(node, by_id),
    )


def _said(node: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What else it says, by the names of schema.org; references are followed."""
    said = {name: _followed(node[name], by_id) for name in _SAID if node.get(name) not in (None, "", [])}
    places = [_follow(place, by_id) for place in _several(node.get("jobLocation"))]
    addresses = [_follow(place.get("address"), by_id) for place in places if isinstance(place, dict)]
    countries = [each.get("addressCountry") for one in addresses for each in _several(one) if isinstance(each, dict)]
    said["countries"] = [country for country in countries if country]
    said["department"] = node.get("employmentUnit") or node.get("department")
    action = next((one for one in _several(node.get("potentialAction")) if isinstance(one, dict)), {})
    target = action.get("target")
    target = target.get("urlTemplate") or target.get("url") if isinstance(target, dict) else target
    contact = _follow(node.get("applicationContact"), by_id)
    said["applyUrl"] = text_of(target) or (text_of(contact.get("url")) if isinstance(contact, dict) else "")
    return said


def _followed(value: Any, by_id: dict[str, dict[str, Any]]) -> Any:
    return [_follow(one, by_id) for one in value] if isinstance(value, list) else _follow(value, by_id)


def _description(node: dict[str, Any]) -> str:
    """The text of the description and of the sections kept apart from it; empty where there is none."""
    # Many pages repeat in a section what the description holds already.
    return join_texts(map(blocks.read_description, find_parts(node)))


def _date(value: Any) -> str:
    return dates.settle(text_of(value)) if isinstance(value, str | list | dict) else dates.from_epoch(value)


def _identifier(value: Any, company: str) -> str:
    """The posting's own identifier: a plain value, a PropertyValue, or the first of several.

    A short one is told apart by whose it is: on a board of many employers, each of them may have a number 12.
    """
    for item in _several(value):
        whose = company
        if isinstance(item, dict):
            whose = text_of(item.get("name")) or company
            item = item.get("value") if item.get("value") not in (None, "") else item.get("@id")
        if found := text_of(item):
            return found if len(found) >= SHORT_ID or not whose else f"{whose}:{found}"
    return ""


def _location(node: dict[str, Any], by_id: dict[str, dict[str, Any]]) -> str:
    places = []
    for place in _several(node.get("jobLocation")):
        place = _follow(place, by_id)
        if isinstance(place, dict):
            text = _address(_follow(place.get("address"), by_id)) or text_of(place.get("name"))
        else:
            text = text_of(place)
        if text and text not in places:
            places.append(text)
    if not places and text_of(node.get("jobLocationType")).upper() == "TELECOMMUTE":
        where = [_name(area) for area in _several(node.get("applicantLocationRequirements"))]
        places = [", ".join(["Remote", *filter(None, where)])]
    return "; ".join(places)


def _address(value: Any) -> str:
    if isinstance(value, list):
        return next(filter(None, map(_address, value)), "")
    if not isinstance(value, dict):
        return text_of(value)
    names = ("addressLocality", "addressRegion", "addressCountry")
    parts = [_name(value.get(name)) for name in names]
    return ", ".join(part for part in parts if part)


def _follow(value: Any, by_id: dict[str, dict[str, Any]]) -> Any:
    """The node that a bare reference names."""
    if isinstance(value, dict) and set(value) == {"@id"}:
        return by_id.get(str(value["@id"]), value)
    return value


def _name(value: Any) -> str:
    for item in _several(value):
        name = text_of(item.get("name")) if isinstance(item, dict) else text_of(item)
        if name:
            return name
    return ""


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def read_elements(page: Page) -> list[dict[str, Any]]:
    """The JobPosting items in a page's elements in the shape of JSON-LD, descriptions with their HTML.

    None, at no cost, where the page names no JobPosting.
    """
    if not _MENTION.search(page.text):
        return []
    found = []
    for opens, kind, prop, subject in (_MICRODATA, _RDFA):
        for element in page.tree.xpath(f"//*[@{opens}][contains(@{kind}, 'JobPosting')]")[:MAX_ITEMS]:
            found.append(_item(element, opens, kind, prop, subject))
    return found


def _item(
    element: html.HtmlElement,
    opens: str,
    kind: str,
    prop: str,
    subject: str,
    within: Collection[html.HtmlElement] = (),
) -> dict[str, Any]:
    item: dict[str, Any] = {"@type": element.get(kind, "").split()}
    if element.get(subject):
        item["@id"] = element.get(subject)
    stack = [*reversed(_referred(element, opens)), *reversed(element)]
    seen = {element, *within}
    while stack:
        node = stack.pop()
        if not isinstance(node.tag, str) or node in seen:  # itemref may lead back
            continue
        seen.add(node)
        nested = node.get(opens) is not None
        for name in (node.get(prop) or "").split():
            name = name.rsplit("/", 1)[-1].split(":")[-1]
            item.setdefault(name, []).append(
                _item(node, opens, kind, prop, subject, seen) if nested else _property(node, name)
            )
        if not nested:
            stack.extend(reversed(node))
    return item


def _referred(element: html.HtmlElement, opens: str) -> list[html.HtmlElement]:
    """The elements elsewhere on the page that microdata's `itemref` counts to an item."""
    names = element.get("itemref", "").split()[:MAX_ITEMS] if opens == "itemscope" else []
    return [found for name in names for found in element.getroottree().xpath("//*[@id=$name]", name=name)[:1]]


def _property(node: html.HtmlElement, name: str) -> str:
    for attribute in ("content", "datetime"):
        if node.get(attribute) is not None:
            return str(node.get(attribute))
    if node.tag in ("a", "link", "area", "img", "iframe") and name not in _HTML_PROPERTIES:
        link = node.get("href") or node.get("src")
        if link and name in ("url", "sameAs", "image", "logo"):
            return str(link)
    if name in _HTML_PROPERTIES:
        return str(html.tostring(node, encoding="unicode", with_tail=False))
    return " ".join(blocks.read_tree(node).split())
