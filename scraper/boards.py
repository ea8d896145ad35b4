"""What the public interfaces of applicant-tracking systems have in common: an answer, and a list of jobs in it."""

import codecs
import re
from collections.abc import Callable, Iterable
from html import escape
from typing import Any
from urllib.parse import quote, urlsplit

import orjson
from lxml import etree

from pipeline.web.descriptions import as_html, join_parts
from pipeline.web.markup import has_markup
from pipeline.web.page import Page
from scraper import boards_found, dates, xml
from scraper.postings import Link, Posting, Reading, Skip, SourceConfig

_BOARD = re.compile(r"[A-Za-z0-9._-]{1,100}")


def address(config: SourceConfig, form: str) -> str:
    """The address of a board's interface, by the board's name or by the address of its pages.

    Any other whole address stands for itself (mirrors, other regions).
    """
    if config.address.startswith(("http://", "https://")):
        return _find_interface(config, form)
    if not _BOARD.fullmatch(config.address):
        raise ValueError(f"board: given {config.address!r}, allowed: its name in letters, digits and ._- or an address")
    return form.format(board=config.address)


def _find_interface(config: SourceConfig, form: str) -> str:
    given, wanted = urlsplit(config.address), urlsplit(form)
    if wanted.path.split("{")[0] in given.path and given.path.strip("/"):
        return config.address
    for board in boards_found.find_in_address(config.address):
        name = board.address.partition(":")[2]
        if board.kind == config.kind and _BOARD.fullmatch(name):
            return form.format(board=name)
    if "{" in wanted.netloc and not given.path.strip("/"):  # a board under the employer's own name
        return wanted._replace(scheme=given.scheme, netloc=given.netloc).geturl()
    return config.address


def link_jobs(reading: Reading, jobs: Iterable[Any], locate: Callable[[dict[str, Any]], str]) -> None:
    """A link for each job of a list without texts. `locate`: where its text is; empty where the record does not say."""
    for job in jobs:
        if isinstance(job, dict) and (url := locate(job)):
            reading.links.append(Link(url))
        else:
            reading.skips.append(Skip("bad-record", f"{job!r:.60}"))


def read_id(job: dict[str, Any], *names: str) -> str:
    """The first of these fields that holds an id, as text that may stand in an address; empty where none does."""
    return next((quote(text, safe="") for name in names if (text := _text(job.get(name)))), "")


def as_number(value: Any) -> int:
    """A count or an offset, in whatever type it comes; 0 for what is none."""
    return int(value) if str(value).isdecimal() and len(str(value)) < 12 else 0


def read_jobs(page: Page, name: str, make: Callable[[dict[str, Any]], Posting | Skip]) -> Reading:
    """The jobs of an answer: the list `name`, or the answer itself where that is empty."""
    reading = Reading()
    try:
        value = orjson.loads(page.body.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        reading.skips.append(Skip("broken-json", str(error)))
        return reading
    jobs = value.get(name) if name and isinstance(value, dict) else value
    if not isinstance(jobs, list):
        reading.skips.append(Skip("layout-changed", f"no list {name!r} in the answer"))
        return reading
    for job in jobs:
        reading.add(make(job) if isinstance(job, dict) else Skip("bad-record", f"{job!r:.60}"))
    return reading


def load(page: Page, reading: Reading) -> dict[str, Any]:
    """The object of an answer; empty, with the reason in `reading`, where it is none."""
    try:
        value = orjson.loads(page.body.removeprefix(codecs.BOM_UTF8))
    except orjson.JSONDecodeError as error:
        reading.skips.append(Skip("broken-json", str(error)))
        return {}
    if not isinstance(value, dict):
        reading.skips.append(Skip("layout-changed", f"given {value!r:.40}, allowed: an object"))
        return {}
    return value


def load_xml(page: Page, reading: Reading) -> etree._Element | None:
    """The root of a feed; None, with the reason in `reading`, where it is not read."""
    try:
        return xml.parse(page.body).root
    except xml.XmlRefused as error:
        reading.skips.append(Skip(error.reason, str(error)))
        return None


def section(heading: Any, body: Any) -> str:
    """A part of a description under its heading, as HTML; empty where there is no body."""
    if not isinstance(body, str) or not body.strip():
        return ""
    return (f"<h3>{escape(heading)}</h3>" if isinstance(heading, str) and heading else "") + as_html(body)


def join_places(places: Iterable[Any]) -> str:
    """Each place once, in their order."""
    return "; ".join(dict.fromkeys(place.strip() for place in places if isinstance(place, str) and place.strip()))


def join_names(*names: Any) -> str:
    """The parts of one place: city, region, country."""
    return ", ".join(dict.fromkeys(name.strip() for name in names if isinstance(name, str) and name.strip()))


def objects(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; none where it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def make_posting(
    external_id: Any,
    title: Any,
    parts: list[Any],
    url: Any,
    company: Any,
    location: Any,
    date_posted: Any,
    **said: Any,
) -> Posting | Skip:
    """A posting of a board's fields, whatever their types turn out to be. `said`: see details.py."""
    description = join_parts(part for part in parts if isinstance(part, str))
    if not description:
        return Skip("no-description", _text(title))
    if not _text(external_id):
        return Skip("no-id", _text(title))
    return Posting(
        title=_text(title),
        description=description,
        markup=has_markup(description),
        external_id=_text(external_id),
        url=_text(url),
        company=_text(company),
        location=_text(location),
        date_posted=dates.settle(_text(date_posted)),
        said={name: value for name, value in said.items() if value not in (None, "", [], {})},
    )


def inside(job: dict[str, Any], *names: str) -> Any:
    """A field inside of others; None where any of them is not there."""
    value: Any = job
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _text(value: Any) -> str:
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""
