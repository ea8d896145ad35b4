"""schema.org JobPosting values, from JSON-LD, microdata or RDFa alike, to postings."""

import math
import re
from collections.abc import Iterator
from typing import Any

from scraper import blocks, dates
from scraper.reading import Posting, Skip

_BEFORE_NAME = re.compile(r"^.*[/#:]")

SHORT_ID = 6  # an identifier shorter than this may be another employer's as well

# Sections that some pages keep apart from the description.
SECTIONS = (
    "responsibilities", "qualifications", "skills", "experienceRequirements", "educationRequirements", "jobBenefits",
    "incentiveCompensation", "specialCommitments", "workHours",
)  # fmt: skip


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in a JSON-LD value, outermost first, in the order of the page."""
    stack = [value]
    while stack:
        one = stack.pop()
        if isinstance(one, dict):
            yield one
            stack.extend(reversed([inner for inner in one.values() if isinstance(inner, dict | list)]))
        elif isinstance(one, list):
            stack.extend(reversed(one))


def is_a(node: dict[str, Any], name: str) -> bool:
    """True for a node of that type, written plainly, as an address or with a prefix."""
    kinds = node.get("@type")
    kinds = kinds if isinstance(kinds, list) else [kinds]
    return any(isinstance(kind, str) and _BEFORE_NAME.sub("", kind) == name for kind in kinds)


def postings(values: list[Any]) -> Iterator[Posting | Skip]:
    """The postings among JSON-LD values; a reference by `@id` is followed within them."""
    every = [node for value in values for node in nodes(value)]
    by_id = {node["@id"]: node for node in every if isinstance(node.get("@id"), str) and len(node) > 1}
    seen: set[int] = set()
    for node in every:
        if is_a(node, "JobPosting") and id(node) not in seen and set(node) - {"@id", "@type"}:
            seen.add(id(node))
            yield posting(node, by_id)


def posting(node: dict[str, Any], by_id: dict[str, dict[str, Any]] | None = None) -> Posting | Skip:
    known = by_id or {}
    description = _description(node)
    if not description:
        has_any = _text(node.get("description"))
        return Skip("empty-description" if has_any else "no-description", _text(node.get("title")))
    company = _name(_follow(node.get("hiringOrganization"), known))
    return Posting(
        title=_text(node.get("title")) or _text(node.get("name")),
        description=description,
        markup=False,
        external_id=_identifier(node.get("identifier"), company),
        url=_text(node.get("url")),
        company=company,
        location=_location(node, known),
        date_posted=dates.iso(_text(node.get("datePosted"))),
    )


def _description(node: dict[str, Any]) -> str:
    """The text of the description and of the sections kept apart from it; empty where there is none."""
    whole = blocks.from_description(_text(node.get("description")))
    for name in SECTIONS:
        for value in _several(node.get(name)):
            text = _text(value) or (_text(value.get("description")) if isinstance(value, dict) else "")
            read = blocks.from_description(text)
            # Many pages repeat here what the description holds already.
            if read and read not in whole:
                whole += "\n\n" + read
    return whole.strip()


def _identifier(value: Any, company: str) -> str:
    """The posting's own identifier: a plain value, a PropertyValue, or the first of several.

    A short one is told apart by whose it is: on a board of many employers, each of them may have a number 12.
    """
    for one in _several(value):
        whose = company
        if isinstance(one, dict):
            whose = _text(one.get("name")) or company
            one = one.get("value") if one.get("value") not in (None, "") else one.get("@id")
        found = _text(one)
        if found:
            return found if len(found) >= SHORT_ID or not whose else f"{whose}:{found}"
    return ""


def _location(node: dict[str, Any], known: dict[str, dict[str, Any]]) -> str:
    places = []
    for place in _several(node.get("jobLocation")):
        place = _follow(place, known)
        if isinstance(place, dict):
            text = _address(_follow(place.get("address"), known)) or _text(place.get("name"))
        else:
            text = _text(place)
        if text and text not in places:
            places.append(text)
    if not places and _text(node.get("jobLocationType")).upper() == "TELECOMMUTE":
        where = [_name(one) for one in _several(node.get("applicantLocationRequirements"))]
        places = [", ".join(["Remote", *filter(None, where)])]
    return "; ".join(places)


def _address(value: Any) -> str:
    if isinstance(value, list):
        return next(filter(None, map(_address, value)), "")
    if not isinstance(value, dict):
        return _text(value)
    names = ("addressLocality", "addressRegion", "addressCountry")
    parts = [_name(value.get(name)) for name in names]
    return ", ".join(part for part in parts if part)


def _follow(value: Any, known: dict[str, dict[str, Any]]) -> Any:
    """The node that a bare reference names."""
    if isinstance(value, dict) and set(value) == {"@id"}:
        return known.get(str(value["@id"]), value)
    return value


def _name(value: Any) -> str:
    for one in _several(value):
        name = _text(one.get("name")) if isinstance(one, dict) else _text(one)
        if name:
            return name
    return ""


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [] if value is None else [value]


def _text(value: Any) -> str:
    """A plain value as text; JSON-LD's `{"@value": …}` too; the first of several."""
    if isinstance(value, list):
        value = next((one for one in value if _text(one)), None)
    if isinstance(value, dict):
        value = value.get("@value")
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, float):
        # NaN and Infinity are in JavaScript, not in JSON, and name nothing.
        value = (int(value) if value.is_integer() else value) if math.isfinite(value) else None
    return str(value).strip() if isinstance(value, str | int | float) else ""
