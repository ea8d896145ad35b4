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
        if not config.address.startswith(("http://", "https://")):
            raise ValueError(f"address: given {config.address!r}, allowed: an address with http or https")
        return [config.address]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        found = jsonld.read_blocks(page.tree)
        # What is in the elements is often a shorter copy of what JSON-LD says.
        for one in list(schemaorg.postings(found.values)) or list(schemaorg.postings(schemaorg.in_elements(page))):
            if isinstance(one, Skip):
                reading.skips.append(one)
            else:
                reading.postings.append(_addressed(one, page))
        reading.postings = _told_apart(reading.postings)
        reading.notes += ["repaired"] * found.repaired
        if page.decoded.misdeclared:
            reading.notes.append("charset")
        if not reading.postings and not reading.skips:
            reading.skips += [Skip(reason) for reason in found.refused]
        # A page of one posting is an end; a page of none or of several is a list.
        if len(reading.postings) != 1:
            reading.links = links.listed(page)
            reading.bare = not reading.postings and not reading.skips and links.has_script(page.tree)
        return reading


def _addressed(posting: Posting, page: Page) -> Posting:
    """With the address it is known by, and the page's title where it has none of its own."""
    return replace(
        posting,
        title=posting.title or (page.tree.findtext(".//title") or "").strip(),
        url=(posting.url and links.absolute(page.url, posting.url)) or links.canonical(page),
    )


def _told_apart(postings: list[Posting]) -> list[Posting]:
    """Several postings without ids on one page share its address; their titles are all that tells them apart."""
    shared = Counter(one.url for one in postings if not one.external_id)
    return [
        replace(one, external_id=f"{identity.from_address(one.url)}#{one.title}")
        if not one.external_id and shared[one.url] > 1
        else one
        for one in postings
    ]


SOURCE = JobPostingPages()
