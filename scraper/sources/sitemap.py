"""Sitemaps: `sitemap:https://example.org/sitemap.xml`. The pages they name are read as `jobposting` reads them.

`--field path=/jobs/` keeps to addresses that hold this. A page whose `lastmod` is what it was at the last crawl is not
asked for again; with `--since`, nor is one last changed before that day.
"""

import zlib

from pipeline.web.page import MAX_PAGE_BYTES, Page
from scraper import links, xml
from scraper.postings import Link, Reading, Skip, SourceConfig
from scraper.sources.jobposting import SOURCE as PAGES

MAX_LINKS = 50_000  # the standard's own limit for one sitemap


class Sitemap:
    def start(self, config: SourceConfig) -> list[str]:
        config.check_fields("path")
        return PAGES.start(config)

    def read(self, page: Page, config: SourceConfig) -> Reading:
        try:
            body = _unpacked(page.body)
        except (zlib.error, ValueError) as error:
            return Reading(skips=[Skip("too-large" if isinstance(error, ValueError) else "encoding", str(error))])
        if not _is_sitemap(body):
            reading = PAGES.read(page, config)
            reading.links.clear()  # the sitemap says what there is
            if not reading.postings and not reading.skips:
                reading.skips.append(Skip("no-posting"))
            return reading
        try:
            return Reading(links=_links(body, config.fields.get("path", "")))
        except xml.XmlRefused as error:
            return Reading(skips=[Skip(error.reason, str(error))])


def _is_sitemap(body: bytes) -> bool:
    head = body[:2000]
    return b"<urlset" in head or b"<sitemapindex" in head or (b"<!DOCTYPE" in head and b"<!ENTITY" in head)


def _links(body: bytes, path: str) -> list[Link]:
    root = xml.parse(body).root
    found = []
    for entry in root:
        name = xml.local(entry)
        values = {xml.local(child): (child.text or "").strip() for child in entry}
        url = links.absolute("", values.get("loc", ""))
        if name not in ("url", "sitemap") or not url:
            continue
        if name == "sitemap" or path in values["loc"]:
            found.append(Link(url, turns=name == "sitemap", changed=values.get("lastmod", "")))
        if len(found) >= MAX_LINKS:
            break
    return found


def _unpacked(body: bytes) -> bytes:
    """A sitemap may be a gzip file by itself."""
    if not body.startswith(b"\x1f\x8b"):
        return body
    unpacker = zlib.decompressobj(zlib.MAX_WBITS + 16)
    plain = unpacker.decompress(body, MAX_PAGE_BYTES + 1)
    if len(plain) > MAX_PAGE_BYTES:
        raise ValueError(f"more than {MAX_PAGE_BYTES} bytes when unpacked")
    return plain


SOURCE = Sitemap()
