"""By which id a posting is known within its source, so that it stays one post whatever changes about it.

The order: the identifier that the posting's own data carries; the id in the source's own form of addresses (each
source knows its form); the canonical address, without what only tracks the visitor.
"""

import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

_TRACKING = re.compile(
    r"^(utm_.*|gclid|gclsrc|dclid|fbclid|msclkid|mc_cid|mc_eid|igshid|yclid|twclid|wbraid|gbraid|_ga|_gl|_hs\w+|hsa_.*"
    r"|ref|referrer|referer|src|source|trk\w*|tracking\w*|campaign\w*|sid|session_?id|jsessionid|phpsessid|gh_src"
    r"|lever-source\S*|in_iframe|iis|iisn|utm|cmpid|idorigine)$",
    re.I,
)
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.I)
_PORTS = {"http": 80, "https": 443}


def canonical_url(url: str) -> str:
    """The address without fragment, default port, session and tracking parameters; the others in their order."""
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
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.match(pair[0])]
    # Percent-encoding has many spellings of one address; bytes that are no UTF-8 survive.
    plain = unquote(_SESSION.sub("", parts.path), errors="surrogateescape")
    path = quote(plain, safe="/:@!$&'()*+,;=~-._", errors="surrogateescape")
    return urlunsplit((parts.scheme.lower(), host, path or "/", urlencode(kept), ""))


def from_address(url: str) -> str:
    """The id of a posting that has none but its address: host, path and query.

    Neither scheme nor port is part of it: a site that moves to https, or is served on another port, keeps its posts.
    """
    parts = urlsplit(canonical_url(url))
    host = (parts.hostname or "").removeprefix("www.")
    return host + (parts.path.rstrip("/") or "/") + (f"?{parts.query}" if parts.query else "")
