"""Pages that carry schema.org JobPosting as JSON-LD, and the lists that lead to them.

Ids: the posting's `identifier`; else its address (its own `url`, the page's canonical address, the page's address).
"""

from dataclasses import replace

from scraper import jsonld, links, schemaorg
from scraper.reading import Page, Posting, Reading, Skip, SourceConfig


class JobPostingPages:
    def start(self, config: SourceConfig) -> list[str]:
        if not config.address.startswith(("http://", "https://")):
            raise ValueError(f"address: given {config.address!r}, allowed: an address with http or https")
        return [config.address]

    def read(self, page: Page, config: SourceConfig) -> Reading:
        reading = Reading()
        found = jsonld.blocks(page.tree)
        for one in schemaorg.postings(found.values):
            if isinstance(one, Skip):
                reading.skips.append(one)
            else:
                reading.postings.append(_addressed(one, page))
        reading.notes += ["repaired"] * found.repaired
        if page.decoded.lied:
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
        url=links.absolute(page.url, posting.url) or links.canonical(page),
    )


SOURCE = JobPostingPages()
