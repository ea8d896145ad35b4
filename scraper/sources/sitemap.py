"""Sitemaps: `sitemap:https://example.org/sitemap.xml`. The pages they name are read as `jobposting` reads them.

`--field path=/jobs/` keeps to addresses that hold this. A page whose `lastmod` is what it was at the last crawl is not
asked for again; with `--since`, nor is one last changed before that day.
"""

import re
import zlib
from functools import partial

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


_ROOT = re.compile(rb"<(?:[\w.-]+:)?(urlset|sitemapindex|rss|feed|RDF)[\s>]")
_NOT_ROOT = re.compile(rb"\A(?:\xef\xbb\xbf|\s+|<\?.*?\?>|<!--.*?-->)*+", re.S)
_LINES = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*https?://\S+\s*(?:\n\s*https?://\S+\s*)*\Z")


def _is_sitemap(body: bytes) -> bool:
    before = _NOT_ROOT.match(body)
    head = body[before.end() if before else 0 :][:2000]
    return bool(_ROOT.match(head) or _LINES.match(body)) or (b"<!DOCTYPE" in head and b"<!ENTITY" in head)


def _links(body: bytes, path: str) -> list[Link]:
    """The protocol's forms: XML, a feed, or a text of one address a line."""
    if _LINES.match(body):
        urls = body.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace").split()
        found = [Link(url) for url in map(partial(links.absolute, ""), urls) if url and path in url]
        return found[:MAX_LINKS]
    found = []
    for entry in xml.parse(body).root.iter("{*}url", "{*}sitemap", "{*}item", "{*}entry"):
        name = xml.local(entry)
        values = {xml.local(child): (child.text or child.get("href") or "").strip() for child in reversed(entry)}
        url = links.absolute("", values.get("loc") or values.get("link", ""))
        if not url:
            continue
        if name == "sitemap" or path in url:
            found.append(Link(url, turns=name == "sitemap", changed=values.get("lastmod") or values.get("updated", "")))
        if len(found) >= MAX_LINKS:
            break
    return found


def _unpacked(body: bytes) -> bytes:
    """A sitemap may be a gzip file by itself."""
    for _ in range(3):  # some are packed again on their way
        if not body.startswith(b"\x1f\x8b"):
            break
        body = zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(body, MAX_PAGE_BYTES + 1)
        if len(body) > MAX_PAGE_BYTES:
            raise ValueError(f"more than {MAX_PAGE_BYTES} bytes when unpacked")
    return body


SOURCE = Sitemap()
