"""Records of a JSON or XML document by paths, as `--field description=job.text+job.profile` names them.

A path is names parted by dots, from the record down (`job.title`, `location.0.city`, `link@href` in XML, namespaces
left out). `+` joins several paths: a description from its sections. The first value that is there counts otherwise.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from pipeline.web.descriptions import has_markup, join_parts, unescape_markup
from scraper import blocks, dates, xml
from scraper.postings import Posting, Skip

FIELDS = ("external_id", "title", "description", "text", "url", "company", "location", "date_posted")
ITEM = "item"  # the field that names the records themselves

Paths = Mapping[str, str]


def find_in_json(value: Any, item: str) -> Iterator[Any]:
    """The records at a path of a JSON value: the members of the list there, or the object itself."""
    at = _json_at(value, item) if item else value
    if isinstance(at, list):
        yield from at
    elif at is not None:
        yield at


def find_in_xml(root: etree._Element, item: str) -> Iterator[etree._Element]:
    """The elements of that name, wherever they stand."""
    return (element for element in root.iter(etree.Element) if xml.local(element) == item)


def read_posting(record: Any, paths: Paths) -> Posting | Skip:
    """The posting that a record holds, or why it holds none."""
    if not isinstance(record, dict | etree._Element):
        return Skip("bad-record", f"{record!r:.60}")
    got = {name: read_text(record, paths[name]) for name in FIELDS if name in paths}
    # A text is taken as it is; a description may be HTML, escaped or not, or text with entities.
    text, description = got.get("text", ""), unescape_markup(got.get("description", ""))
    if not text.strip() and not description.strip():
        return Skip("no-description", got.get("title", ""))
    markup = not text and has_markup(description)
    return Posting(
        title=got.get("title", ""),
        description=text or (description if markup else blocks.read_description(description)),
        markup=markup,
        external_id=got.get("external_id", "").strip(),
        url=got.get("url", "").strip(),
        company=got.get("company", ""),
        location=got.get("location", ""),
        date_posted=dates.to_iso(got.get("date_posted", "")),
    )


def read_text(record: Any, paths: str) -> str:
    """The text at a path; of several, parted by `+`, all that are there, as paragraphs."""
    parts = [_text(_at(record, path.strip())) for path in paths.split("+")]
    found = [part for part in parts if part.strip()]
    return join_parts(found) if len(found) > 1 else "".join(found)


def _at(record: Any, path: str) -> Any:
    return _xml_at(record, path) if isinstance(record, etree._Element) else _json_at(record, path)


def _json_at(value: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
            value = value[int(name)]
        else:
            return None
    return value


def _xml_at(element: etree._Element, path: str) -> str | None:
    path, _, attribute = path.partition("@")
    at: etree._Element | None = element
    for name in filter(None, path.split(".")):
        at = next((child for child in at if xml.local(child) == name), None) if at is not None else None
    if at is None:
        return None
    if attribute:
        return str(at.get(attribute) or "")
    # Some feeds put real elements where text is meant: <title><a href=…>Cook</a></title>.
    return "".join(at.itertext())


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value)))
    return str(value) if isinstance(value, int | float) else ""
