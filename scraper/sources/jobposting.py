"""Pages that carry schema.org JobPosting as JSON-LD, microdata or RDFa, and the lists that lead to them.

Ids: the posting's `identifier`; else its address (its own `url`, the page's canonical address, the page's address).
"""

from collections import Counter
from dataclasses import replace

from pipeline.web import jsonld
from pipeline.web.page import Page
from scraper import identity, links, schemaorg
from scraper.postings import Posting, Reading, Skip, SourceConfig


class JobPostingPages:
    def start(self, config: SourceConfig) -> list[str]:
        return [config.web_address()]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        found = jsonld.read_blocks(page.tree)
        # What is in the elements is often a shorter copy of what JSON-LD says.
        for posting in schemaorg.read_postings(found.values) or schemaorg.read_postings(schemaorg.read_elements(page)):
            reading.add(posting if isinstance(posting, Skip) else _address(posting, page))
        reading.postings = _tell_apart(reading.postings)
        reading.notes += ["repaired"] * found.repaired
        if page.decoded.misdeclared:
            reading.notes.append("charset")
        if not reading.postings and not reading.skips:
            reading.skips += [Skip(reason) for reason in found.refused]
        # A page of one posting is an end; a page of none or of several is a list.
        if len(reading.postings) != 1:
            reading.links = links.find_links(page)
            reading.bare = not reading.postings and not reading.skips and links.has_script(page.tree)
        return reading


def _address(posting: Posting, page: Page) -> Posting:
    """With the address it is known by, and the page's title where it has none of its own."""
    return replace(
        posting,
        title=posting.title or (page.tree.findtext(".//title") or "").strip(),
        url=(posting.url and links.absolute(page.url, posting.url)) or links.find_canonical(page),
    )


def _tell_apart(postings: list[Posting]) -> list[Posting]:
    """Several postings without ids on one page share its address; their titles are all that tells them apart."""
    shared = Counter(posting.url for posting in postings if not posting.external_id)
    return [
        replace(posting, external_id=f"{identity.from_address(posting.url)}#{posting.title}")
        if not posting.external_id and shared[posting.url] > 1
        else posting
        for posting in postings
    ]


SOURCE = JobPostingPages()
