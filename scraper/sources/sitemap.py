"""Sitemaps: `sitemap:https://example.org/sitemap.xml`. The pages they name are read as `jobposting` reads them.

`--field path=/jobs/` keeps to addresses that hold this. A page whose `lastmod` is what it was at the last crawl is not
asked for again; with `--since`, nor is one last changed before that day.
"""

import re
import zlib

from lxml import etree

from pipeline.web.page import MAX_PAGE_BYTES, Page
from scraper import links, xml
from scraper.postings import Link, Reading, Skip, SourceConfig
from scraper.sources.jobposting import SOURCE as PAGES

# The root, after a declaration, comments, instructions and a DOCTYPE; with a DOCTYPE of entities, xml.parse refuses it.
_ROOT = re.compile(
    rb"\A(?:\xef\xbb\xbf)?(?:\s+|<\?.*?\?>|<!--.*?-->|<!DOCTYPE[^>\[]*>)*+"
    rb"<(?:(?:[\w.-]+:)?(?:urlset|sitemapindex|rss|feed|RDF)\b|!DOCTYPE[^>\[]*\[)",
    re.S,
)
_NAMED = re.compile(r"sitemap\s*:\s*(\S+)", re.I)
_SITEMAP_FILE = re.compile(r"\.xml(?:\.gz)?(?:[?#]|$)|sitemap[^/]*$", re.I)
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
        if (listed := _listed(body)) is not None:
            return Reading(links=_links_of(listed, config.fields.get("path", "")))
        if not _ROOT.match(_plain(body)):
            reading = PAGES.read(page, config)
            reading.links.clear()  # the sitemap says what there is
            if not reading.postings and not reading.skips:
                reading.skips.append(Skip("no-posting"))
            return reading
        try:
            return Reading(links=_links(body, config.fields.get("path", "")))
        except xml.XmlRefused as error:
            return Reading(skips=[Skip(error.reason, str(error))])


def _plain(body: bytes) -> bytes:
    """The document with one byte a letter of ASCII, whatever it is in."""
    return body.decode("utf-16", "replace").encode() if body[:2] in (b"\xff\xfe", b"\xfe\xff") else body


def _listed(body: bytes) -> list[str] | None:
    """The addresses of a text sitemap, one a line, or of the sitemaps in a robots.txt; None for anything else."""
    if b"<" in body[:1000]:
        return None
    lines = [line.strip() for line in body.decode("utf-8-sig", "replace").splitlines()]
    found = [named[1] for line in lines if (named := _NAMED.match(line))]
    if found:
        return found
    whole = [line for line in lines if line]
    return whole if whole and all(line.startswith(("http://", "https://")) for line in whole) else None


def _links_of(addresses: list[str], path: str) -> list[Link]:
    found = []
    for address in addresses[:MAX_LINKS]:
        turns = bool(_SITEMAP_FILE.search(address))
        if (url := links.absolute("", address)) and (turns or path in address):
            found.append(Link(url, turns=turns))
    return found


def _links(body: bytes, path: str) -> list[Link]:
    root = xml.parse(body).root
    found = []
    channel = next((child for child in root if xml.local(child) == "channel"), None)
    # RSS 2 has its items within the channel, RSS 1 beside it.
    for entry in [*root, *(channel if channel is not None else ())]:
        name = xml.local(entry)
        values = {xml.local(child): "".join(child.itertext()).strip() for child in entry}
        # Feeds are sitemaps, too: RSS says link and pubDate, Atom link@href and updated.
        address = values.get("loc") or values.get("link") or _atom_link(entry)
        url = links.absolute("", address)
        if name not in ("url", "sitemap", "item", "entry") or not url:
            continue
        changed = values.get("lastmod") or values.get("updated") or values.get("pubDate") or ""
        if name == "sitemap" or path in address:
            found.append(Link(url, turns=name == "sitemap", changed=changed))
        if len(found) >= MAX_LINKS:
            break
    return found


def _atom_link(entry: etree._Element) -> str:
    for child in entry:
        if xml.local(child) == "link" and child.get("rel", "alternate") == "alternate":
            return str(child.get("href") or "")
    return ""


def _unpacked(body: bytes) -> bytes:
    """A sitemap may be a gzip file by itself, which servers pack once more on the way."""
    for _ in range(2):
        if not body.startswith(b"\x1f\x8b"):
            break
        body = zlib.decompressobj(zlib.MAX_WBITS + 16).decompress(body, MAX_PAGE_BYTES + 1)
        if len(body) > MAX_PAGE_BYTES:
            raise ValueError(f"more than {MAX_PAGE_BYTES} bytes when unpacked")
    return body


SOURCE = Sitemap()
