"""The links of a page that may lead to postings: same site, pages only, in the order of the page."""

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, urldefrag, urljoin, urlsplit

from lxml import html
from w3lib.url import safe_url_string

from pipeline.web.page import Page
from scraper.identity import canonical_url
from scraper.postings import Link

MAX_LINKS = 2_000  # of one page

_FILES = re.compile(
    r"\.(?:pdf|docx?|xlsx?|pptx?|zip|gz|tar|rar|7z|exe|dmg|jpe?g|png|gif|svg|webp|ico|bmp|tiff?|mp[34]|m4[av]|avi|mov"
    r"|webm|ogg|wav|css|js|mjs|json|xml|rss|atom|ics|woff2?|ttf|eot)$",
    re.I,
)
_NOT_POSTINGS = re.compile(
    r"(?:^|/)(?:(?:log-?in|sign-?in|sign-?up|log-?out|register|account|cart|privacy|imprint|impressum|datenschutz|terms"
    r"|cookies?|wp-admin|wp-login\.php|cdn-cgi)(?:/|$)|(?:apply|bewerben|postuler)/?$)",
    re.I,
)
_PAGE_WORDS = {"page", "p", "pg", "paged", "offset", "start", "from", "seite", "pagina", "startrow"}
_PAGE_PATH = re.compile(r"/(?:page|p|seite|pagina)[/-]?\d+/?$", re.I)
_AROUND = frozenset(("nav", "header", "footer"))  # what is on every page of a site


def find_links(page: Page, named: Iterable[str] = ()) -> list[Link]:
    """Links to follow, each address once, without fragments. `named`: addresses that the page's data names as well."""
    base, here = _base(page), canonical_url(page.url)
    host = urlsplit(base).netloc
    found: dict[str, Link] = {}
    for link in only_named(page, named):
        found[canonical_url(link.url)] = link
    for anchor in page.tree.iter("a", "link", "area"):
        if len(found) >= MAX_LINKS:
            break
        href, rel = (anchor.get("href") or "").strip(), (anchor.get("rel") or "").lower().split()
        if not href or "nofollow" in rel or (anchor.tag == "link" and "next" not in rel):
            continue
        url = absolute(base, href)
        if url and is_worth(url, host) and (key := canonical_url(url)) != here:
            link = Link(url, "next" in rel or _is_turn(url, page.url), own=not _is_around(anchor))
            if key not in found or (link.own and not found[key].own):
                found[key] = link
    return list(found.values())


def only_named(page: Page, named: Iterable[str]) -> list[Link]:
    """Links to addresses that the page's data names, of this host."""
    base = _base(page)
    host, here = urlsplit(base).netloc, canonical_url(page.url)
    urls = dict.fromkeys(absolute(base, address) for address in named)
    return [Link(url) for url in urls if url and is_worth(url, host) and canonical_url(url) != here][:MAX_LINKS]


def _is_around(anchor: html.HtmlElement) -> bool:
    return any(parent.tag in _AROUND or parent.get("role") == "navigation" for parent in anchor.iterancestors())


def find_canonical(page: Page) -> str:
    """What the page itself says its address is, when that is on the same host; its address otherwise."""
    for link in page.tree.iter("link"):
        if "canonical" in (link.get("rel") or "").lower().split() and link.get("href"):
            url = absolute(_base(page), link.get("href").strip())
            # A host that names another as the canonical one could take over its ids.
            if url and urlsplit(url).hostname == urlsplit(page.url).hostname:
                return url
    return page.url


def has_script(tree: html.HtmlElement) -> bool:
    """True when a script on the page could still change it."""
    for script in tree.iter("script"):
        kind = (script.get("type") or "").strip().lower()
        if kind in ("", "module", "text/javascript", "application/javascript") and (script.get("src") or script.text):
            return True
    return False


def _base(page: Page) -> str:
    for base in page.tree.iter("base"):
        if base.get("href"):
            return absolute(page.url, base.get("href")) or page.url
    return page.url


def absolute(base: str, href: str) -> str:
    """A link as the address it leads to, as it is written there but for its fragment; empty where that is no page."""
    try:
        url = urldefrag(urljoin(base, href.strip())).url
        parts = urlsplit(url)
        _ = parts.port
        return safe_url_string(url) if parts.scheme in ("http", "https") and parts.hostname else ""
    except ValueError:  # an address that is none, as http://[
        return ""


def is_worth(url: str, host: str) -> bool:
    """True for a page of that host which may lead to postings."""
    parts = urlsplit(url)
    return parts.netloc == host and not _FILES.search(parts.path) and not _NOT_POSTINGS.search(parts.path)


def _is_turn(url: str, current: str) -> bool:
    """True when only the number of the page differs."""
    there, here = urlsplit(url), urlsplit(current)
    if _PAGE_PATH.sub("", there.path.rstrip("/")) == _PAGE_PATH.sub("", here.path.rstrip("/")):
        theirs, ours = _without_page(there.query), _without_page(here.query)
        return theirs == ours and (there.path, there.query) != (here.path, here.query)
    return False


def _without_page(query: str) -> list[tuple[str, str]]:
    return [pair for pair in parse_qsl(query, keep_blank_values=True) if pair[0].lower() not in _PAGE_WORDS]
