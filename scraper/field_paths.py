"""Records of a JSON or XML document by paths, as `--field description=job.text+job.profile` names them.

A path is names parted by dots, from the record down (`job.title`, `location.0.city`, `link@href` in XML, namespaces
left out; a name goes through a list by itself: `sections.text`). `+` joins several paths: a description from its
sections. Of several values at one path, all are paragraphs of a description; for other fields the first counts.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lxml import etree

from pipeline.web.descriptions import join_parts
from pipeline.web.markup import has_markup, unescape_markup
from scraper import blocks, dates, xml
from scraper.postings import Posting, Skip

# Of a posting's details, by the names of details.py.
SAID = {
    "employment": "employmentType",
    "workplace": "jobLocationType",
    "countries": "countries",
    "department": "department",
    "salary": "baseSalary",
    "currency": "salaryCurrency",
    "seniority": "experienceLevel",
    "valid_through": "validThrough",
    "apply_url": "applyUrl",
}
FIELDS = ("external_id", "title", "description", "text", "url", "company", "location", "date_posted", *SAID)
_WHOLE = ("description", "text")  # fields that may have several values
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
    got = {name: read_text(record, paths[name], name in _WHOLE) for name in FIELDS if name in paths}
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
        date_posted=dates.settle(got.get("date_posted", "")),
        said={said: got[name].strip() for name, said in SAID.items() if got.get(name, "").strip()},
    )


def read_text(record: Any, paths: str, every: bool = False) -> str:
    """The text at a path; of several, parted by `+`, all that are there, as paragraphs.

    `every`: of the values at one path all count, and elements keep their markup.
    """
    found: list[str] = []
    for path in paths.split("+"):
        texts = [text for text in _texts(record, path.strip(), every) if text.strip()]
        found += texts if every else texts[:1]
    return join_parts(found) if len(found) > 1 else "".join(found)


def _texts(record: Any, path: str, every: bool) -> Iterator[str]:
    if isinstance(record, etree._Element):
        return _xml_texts(record, path, every)
    value = _json_at(record, path)
    return map(_text, value) if every and isinstance(value, list) else iter([_text(value)])


def _json_at(value: Any, path: str) -> Any:
    for name in path.split("."):
        if isinstance(value, dict):
            value = value.get(name)
        elif isinstance(value, list) and name.isdecimal():
            value = value[int(name)] if int(name) < len(value) else None
        elif isinstance(value, list):
            value = [item[name] for item in value if isinstance(item, dict) and name in item]
        else:
            return None
    return value


def _xml_texts(element: etree._Element, path: str, every: bool) -> Iterator[str]:
    path, _, attribute = path.partition("@")
    at = [element]
    for name in filter(None, path.split(".")):
        at = [child for parent in at for child in parent if xml.local(child) == name]
    # A name in another namespace is another field, and stands in only where the first is empty.
    first = next((found for found in at if attribute or len(found) or (found.text or "").strip()), None)
    for found in at if first is None else [found for found in at if found.tag == first.tag]:
        if attribute:
            yield str(found.get(attribute) or "")
        elif every:
            yield xml.inner(found)
        else:
            # Some feeds put real elements where text is meant: <title><a href=…>Cook</a></title>.
            yield "".join(found.itertext())


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value)))
    return str(value) if isinstance(value, int | float) else ""
