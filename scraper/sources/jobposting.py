"""Pages that carry schema.org JobPosting as JSON-LD, microdata or RDFa, and the lists that lead to them.

Ids: the posting's `identifier`; else its address (its own `url`, the page's canonical address, the page's address).
"""

import re
from collections import defaultdict
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

from lxml import html

from pipeline.web import jsonld
from pipeline.web.page import Page
from scraper import identity, links, schemaorg
from scraper.identity import canonical_url
from scraper.postings import Posting, Reading, Skip, SourceConfig


class JobPostingPages:
    def start(self, config: SourceConfig) -> list[str]:
        return [config.web_address()]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        found = jsonld.read_blocks(page.tree)
        # What is in the elements is often a shorter copy of what JSON-LD says.
        read = schemaorg.read_postings(found.values) or schemaorg.read_postings(schemaorg.read_elements(page))
        reading.skips = [posting for posting in read if isinstance(posting, Skip)]
        own, reading.teasers = _part(page, [posting for posting in read if isinstance(posting, Posting)])
        reading.postings = _tell_apart([_address(posting, page) for posting in own])
        reading.notes += ["repaired"] * found.repaired
        if page.decoded.misdeclared:
            reading.notes.append("charset")
        if not reading.postings and not reading.skips:
            reading.skips += [Skip(reason) for reason in found.refused]
        named = [*(teaser.url for teaser in reading.teasers), *_listed(found.values)]
        # A page of one posting is an end; a page of none or of several is a list.
        if len(reading.postings) != 1:
            reading.links = links.find_links(page, named)
            reading.bare = not reading.postings and not reading.skips and not named and links.has_script(page.tree)
        elif named:
            reading.links = links.only_named(page, named)
        return reading


def read_detail(page: Page, config: SourceConfig, number: re.Pattern[str], text: str = "") -> Reading:
    """The one posting of a board's page, known by the number in its address; of an element where it has no data.

    `text`: an XPath of the element that holds the text.
    """
    reading = SOURCE.read(page, config)
    reading.links, reading.bare = [], False
    known = number.search(page.url)
    if not reading.postings and text and (found := page.tree.xpath(text)):
        heading = next(page.tree.iter("h1", "h2"), None)
        title = "" if heading is None else " ".join("".join(heading.itertext()).split())
        markup = "".join(html.tostring(part, encoding="unicode", with_tail=False) for part in found)
        reading.skips = []
        reading.postings = [Posting(title, markup, markup=True, url=page.url, page=page.url)]
    if not reading.postings and not reading.skips:
        reading.skips.append(Skip("no-description", page.url))
    if known and len(reading.postings) == 1:
        reading.postings = [replace(reading.postings[0], external_id=known[1])]
    return reading


def _part(page: Page, postings: list[Posting]) -> tuple[list[Posting], list[Posting]]:
    """The page's own postings, and those whose own page is another one that can be followed."""
    here = {canonical_url(page.url), canonical_url(links.find_canonical(page))}
    host = urlsplit(page.url).netloc
    at = [links.absolute(page.url, posting.url) if posting.url else "" for posting in postings]
    elsewhere = [url != "" and canonical_url(url) not in here and _is_page(url, host) for url in at]
    if not any(elsewhere):
        return postings, []
    ours = [False] * len(postings)
    for tell in (
        lambda number: at[number] != "" and canonical_url(at[number]) in here,
        lambda number: _names(page.url, postings[number].external_id),
        lambda number: postings[number].title.casefold().strip() in _headings(page),
    ):
        ours = [tell(number) for number in range(len(postings))]
        if any(ours):
            break
    own = [posting for posting, is_ours, away in zip(postings, ours, elsewhere, strict=True) if is_ours or not away]
    teasers = [
        replace(posting, url=url)
        for posting, url, is_ours, away in zip(postings, at, ours, elsewhere, strict=True)
        if away and not is_ours
    ]
    return own, teasers


def _is_page(url: str, host: str) -> bool:
    """True for an address that may be a posting's own page: a home page is none."""
    parts = urlsplit(url)
    return links.is_worth(url, host) and (parts.path.strip("/") != "" or parts.query != "")


def _names(url: str, external_id: str) -> bool:
    """True where a part of the address is the id, alone or beside the words of the title."""
    id_alone = external_id.rsplit(":", 1)[-1].casefold()
    where = urlsplit(url)._replace(netloc="").geturl().casefold()
    return bool(id_alone and re.search(rf"(?<![0-9a-z]){re.escape(id_alone)}(?![0-9a-z])", where))


def _headings(page: Page) -> set[str]:
    """What the page says it is about: its title, whole and before what names the site, and its first headings."""
    title = " ".join((page.tree.findtext(".//title") or "").split())
    found = [title, *re.split(r"\s+[|–—-]\s+", title), *("".join(h1.itertext()) for h1 in page.tree.iter("h1"))]
    return {" ".join(words.split()).casefold() for words in found} - {""}


def _listed(values: list[Any]) -> list[str]:
    """The addresses that an ItemList in the data leads to."""
    found = []
    for node in (node for value in values for node in jsonld.walk_nodes(value) if jsonld.has_type(node, "ItemList")):
        items = node.get("itemListElement")
        for item in items if isinstance(items, list) else [items]:
            inner = item.get("item") if isinstance(item, dict) else None
            for value in (item, inner):
                if isinstance(value, str):
                    found.append(value)
                elif isinstance(value, dict):
                    found += [at for name in ("url", "@id") if isinstance(at := value.get(name), str)][:1]
    return found


def _address(posting: Posting, page: Page) -> Posting:
    """With the address it is known by, and the page's title where it has none of its own."""
    return replace(
        posting,
        title=posting.title or (page.tree.findtext(".//title") or "").strip(),
        url=canonical_url((posting.url and links.absolute(page.url, posting.url)) or links.find_canonical(page)),
        page=page.url,
    )


def _tell_apart(postings: list[Posting]) -> list[Posting]:
    """Several postings on one page with one id, or with none but its address: their titles tell them apart."""
    titles = defaultdict(set)
    for posting in postings:
        titles[posting.external_id or posting.url].add(posting.title)
    return [
        replace(posting, external_id=f"{posting.external_id or identity.from_address(posting.url)}#{posting.title}")
        if len(titles[posting.external_id or posting.url]) > 1
        else posting
        for posting in postings
    ]


SOURCE = JobPostingPages()
