"""By which id a posting is known within its source, so that it stays one post whatever changes about it.

The order: the identifier that the posting's own data carries; the id in the source's own form of addresses (each
source knows its form); the canonical address, without what only tracks the visitor. Whether such an id tells postings
apart is decided where all postings of a source come together (believed_ids.py).
"""

import re
from functools import cache
from urllib.parse import parse_qsl, quote, unquote, unquote_plus, urlencode, urlsplit, urlunsplit

from tldextract import TLDExtract

# Parameters that never name a page, on no site: advertisers' and mailers' marks, sessions. `ref`, `source`, `sid` and
# their like are not among them: on some sites they are all that tells two postings apart.
_NEVER_NAMES = re.compile(
    r"^(utm_.*|gclid|gclsrc|dclid|gbraid|wbraid|gad_source|fbclid|msclkid|mc_cid|mc_eid|igshid|yclid|twclid|ttclid"
    r"|li_fat_id|_ga|_gl|_hsenc|_hsmi|hsa_.*|jsessionid|phpsessid|gh_src|lever-source\S*|in_iframe|iisn?)$",
    re.I,
)
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.I)
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_PORTS = {"http": 80, "https": 443}


def canonical_url(url: str) -> str:
    """The address by which two spellings of one page are recognised. It is compared, never fetched.

    Without fragment, default port, session and what never names a page; all else as it is written, in its order.
    """
    if not url:
        return ""
    parts = urlsplit(url)
    host = (parts.hostname or "").rstrip(".")
    if ":" in host:
        host = f"[{host}]"
    try:
        port = parts.port
    except ValueError:
        port = None
    if port and port != _PORTS.get(parts.scheme):
        host = f"{host}:{port}"
    query = "&".join(
        pair for pair in parts.query.split("&") if not _NEVER_NAMES.match(unquote_plus(pair.split("=", 1)[0]))
    )
    path = _SESSION.sub("", parts.path)
    return urlunsplit((parts.scheme.lower(), host, _respell(path) or "/", _respell(query), ""))


def _respell(part: str) -> str:
    """One spelling of percent-encoding: an escaped slash or plus stays apart from a plain one (RFC 3986, 6.2.2)."""
    if not part.isascii():
        part = quote(part, safe="%/:?@!$&'()*+,;=~-._", errors="surrogatepass")
    return _ESCAPE.sub(_respell_one, part) if "%" in part else part


def _respell_one(found: re.Match[str]) -> str:
    letter = chr(int(found[1], 16))
    return letter if letter in _UNRESERVED else found[0].upper()


def from_address(url: str) -> str:
    """The id of a posting that has none but its address: host, path and query.

    Neither scheme nor port is part of it: a site that moves to https, or is served on another port, keeps its posts.
    """
    parts = urlsplit(canonical_url(url))
    # In the spelling of the ids that were sent before: they are kept for good.
    path = quote(unquote(parts.path, errors="surrogateescape"), safe="/:@!$&'()*+,;=~-._", errors="surrogateescape")
    query = urlencode(parse_qsl(parts.query, keep_blank_values=True))
    return _bare_host(url) + (path.rstrip("/") or "/") + (f"?{query}" if query else "")


def from_page(url: str) -> str:
    """The id of a posting whose own id does not tell it apart: the very address of its page."""
    parts = urlsplit(canonical_url(url))
    return _bare_host(url) + (parts.path.rstrip("/") or "/") + (f"?{parts.query}" if parts.query else "")


def _bare_host(url: str) -> str:
    return (urlsplit(url).hostname or "").rstrip(".").removeprefix("www.")


def same_site(one: str, other: str) -> bool:
    """True where two addresses are of one registrable domain: example.org and jobs.example.org."""
    first, second = (_domains().extract_str(urlsplit(url).hostname or "") for url in (one, other))
    if not first.suffix or not second.suffix:  # addresses in digits, names of a local network
        return _bare_host(one) == _bare_host(other)
    return first.top_domain_under_public_suffix == second.top_domain_under_public_suffix


@cache
def _domains() -> TLDExtract:
    return TLDExtract(suffix_list_urls=(), cache_dir=None)  # the list it ships: nothing is fetched
