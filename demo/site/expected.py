"""What a crawl of the sample site, or of a folder of pages, must find."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import lxml.html

from demo.site import content
from demo.site.folder import Folder
from pipeline.web.descriptions import find_parts


@dataclass(frozen=True, slots=True)
class Expected:
    """`scraped`: postings on all pages; `unique`: distinct external ids; `languages`: distinct ids by language."""

    scraped: int
    unique: int
    languages: Mapping[str, int]


def expected(folder: Path | None = None, revision: int = 1) -> Expected:
    """Counted in the content of the sample site, or in the data of the pages of `folder`."""
    return of_pages(Folder(folder)) if folder else of_postings(content.load(revision))


def of_postings(postings: list[content.Posting]) -> Expected:
    languages = {one.id: one.employer.language for one in postings}
    return Expected(sum(len(one.paths) for one in postings), len(languages), Counter(languages.values()))


def of_pages(folder: Folder) -> Expected:
    """A posting without a text is none. One without an identifier is named by its page's address."""
    scraped, languages = 0, {}
    for file in folder.files():
        page = lxml.html.fromstring(file.read_bytes())
        for at, job in enumerate([*postings_in(page)] or [*_in_elements(page)]):
            if not _text(job):
                continue
            identifier = job.get("identifier")
            if isinstance(identifier, dict):
                identifier = identifier.get("value")
            scraped += 1
            languages[str(identifier or f"{file} {at}")] = page.get("lang") or "und"
    return Expected(scraped, len(languages), Counter(languages.values()))


def postings_in(page: lxml.html.HtmlElement) -> Iterator[dict[str, Any]]:
    """The JobPosting objects in the JSON-LD of a page; a script that is not JSON holds none."""
    for script in page.xpath('//script[starts-with(normalize-space(@type), "application/ld+json")]/text()'):
        try:
            value = json.loads(script)
        except ValueError:
            continue
        yield from _postings(value)


def _in_elements(page: lxml.html.HtmlElement) -> Iterator[dict[str, Any]]:
    """The JobPosting items of microdata and RDFa, with what counts here: a description, an identifier."""
    for item in page.xpath("//*[contains(@itemtype, 'JobPosting') or contains(@typeof, 'JobPosting')]"):
        elsewhere = [page.get_element_by_id(name, None) for name in item.get("itemref", "").split()]
        job: dict[str, Any] = {}
        for name in ("description", "identifier"):
            path = f"descendant-or-self::*[@itemprop='{name}' or @property='{name}' or @property='schema:{name}']"
            if found := [one for part in [item, *elsewhere] if part is not None for one in part.xpath(path)]:
                job[name] = found[0].get("content") or found[0].text_content().strip()
        yield job


def _text(job: Mapping[str, Any]) -> str:
    said = " ".join(find_parts(dict(job)))
    return lxml.html.fromstring(f"<div>{said}</div>").text_content().strip() if said else ""


def _postings(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, list):
        for one in value:
            yield from _postings(one)
    elif isinstance(value, dict):
        kinds = value.get("@type")
        if "JobPosting" in (kinds if isinstance(kinds, list) else [kinds]):
            yield value
        yield from _postings(value.get("@graph"))
