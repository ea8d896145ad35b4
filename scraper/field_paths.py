"""Records of a JSON or XML document by paths, as `--field description=sections[].text` names them.

A path is JMESPath (jmespath.org) in JSON and XPath 1.0 in XML, from the record down: `job.title`, `places[0].city`,
`sections[].text`; `job/title`, `link/@href`, `content:encoded` with the document's own prefixes. A name alone is found
in whatever namespace. Of several values at a path, all are paragraphs of a description; for other fields of XML the
first counts. Older settings are understood: `job.title` in XML, `link@href`, `places.0.city`, `job.text+job.profile`.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import jmespath
from jmespath.exceptions import JMESPathError
from jmespath.parser import ParsedResult
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

_NAME = re.compile(r"[\w-]+")
_OLD = re.compile(r"[\w-]+(?:\.[\w-]+)*(?:@[\w-]+)?|@[\w-]+")  # names parted by dots, an attribute at the end
_SIGNS = re.compile(r"[][(){}*?|&@'`\"!<>=,:/\\]")  # what makes JMESPath more than names parted by dots
_SEVERAL = re.compile(r"\s*\+\s*")


def check(fields: Paths) -> None:
    """Raises ValueError for a path that is neither JMESPath nor XPath: which a feed needs is known when it is read."""
    for name, path in fields.items():
        if any(not _in_json(part) and not _in_xml(part) for part in _parts(path)):
            raise ValueError(f"--field {name}: given {path!r}, allowed: JMESPath for JSON, XPath for XML")


def find_in_json(value: Any, item: str) -> Iterator[Any]:
    """The records at a path of a JSON value: the members of the list there, or the object itself."""
    at = _json_at(value, item) if item else value
    if isinstance(at, list):
        yield from at
    elif at is not None:
        yield at


def find_in_xml(root: etree._Element, item: str) -> Iterator[etree._Element]:
    """The elements at a path; those of that name, wherever they stand, where it is a name alone."""
    # XPath has no name for what stands in a namespace without a prefix.
    for element in root.iter(etree.Element):
        if element.prefix is None and str(element.tag).startswith("{"):
            element.tag = xml.local(element)
    if _NAME.fullmatch(item):
        return (element for element in root.iter(etree.Element) if xml.local(element) == item)
    return (found for found in _xml_at(root, item) if isinstance(found, etree._Element))


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
    for path in _parts(paths):
        texts = [text for text in _texts(record, path, every) if text.strip()]
        found += texts if every else texts[:1]
    return join_parts(found) if len(found) > 1 else "".join(found)


def _parts(paths: str) -> list[str]:
    """The paths of an older setting that `+` joins; in any other, it belongs to the path."""
    parts = _SEVERAL.split(paths.strip())
    return parts if all(map(_OLD.fullmatch, parts)) else [paths.strip()]


def _texts(record: Any, path: str, every: bool) -> Iterator[str]:
    if isinstance(record, etree._Element):
        return _xml_texts(record, path, every)
    value = _json_at(record, path)
    return map(_text, value) if every and isinstance(value, list) else iter([_text(value)])


def _json_at(value: Any, path: str) -> Any:
    if isinstance(value, dict) and path in value:  # a column's name, whatever is in it
        return value[path]
    expression = _in_json(path)
    try:
        return expression.search(value) if expression else None
    except JMESPathError:  # a function of JMESPath that does not take this value
        return None


@cache
def _in_json(path: str) -> ParsedResult | None:
    """The path as JMESPath; None for what is none."""
    if not _SIGNS.search(path):
        names = (f"[{name}]" if name.isdecimal() else '."' + name.strip() + '"' for name in path.split("."))
        path = "".join(names).removeprefix(".")
    try:
        return jmespath.compile(path)
    except JMESPathError:
        return None


def _xml_texts(element: etree._Element, path: str, every: bool) -> Iterator[str]:
    found = _xml_at(element, path)
    nodes = [node for node in found if isinstance(node, etree._Element)]
    if _OLD.fullmatch(path):
        # A name in another namespace is another field, and stands in only where the first is empty.
        first = next((node for node in nodes if len(node) or (node.text or "").strip()), None)
        found = found if first is None else [node for node in nodes if node.tag == first.tag]
    for node in found:
        if not isinstance(node, etree._Element):
            yield str(node)
        elif every:
            yield xml.inner(node)
        else:
            # Some feeds put real elements where text is meant: <title><a href=…>Cook</a></title>.
            yield "".join(node.itertext())


def _xml_at(element: etree._Element, path: str) -> list[Any]:
    prefixes = {prefix: space for prefix, space in element.nsmap.items() if prefix}
    try:
        found = element.xpath(_in_xml(path) or "self::none", namespaces=prefixes)
    except etree.XPathError:  # a prefix that the document does not declare
        return []
    return found if isinstance(found, list) else [found]


@cache
def _in_xml(path: str) -> str:
    """The path as XPath; empty for what is none."""
    if _OLD.fullmatch(path):
        names, at, attribute = path.partition("@")
        steps = [f"*[local-name()='{name}']" for name in names.split(".") if name]
        path = "/".join([*steps, f"@{attribute}"] if at else steps)
    try:
        etree.XPath(path)
    except etree.XPathError:
        return ""
    return path


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool) or value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(filter(None, map(_text, value)))
    return str(value) if isinstance(value, int | float) else ""
