"""The bounds of one crawl. Whatever a site does, a crawl ends within them."""

from dataclasses import dataclass

from pipeline.web.page import MAX_PAGE_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    posts: int = 0  # stop after so many; 0: no such limit
    pages: int = 50_000
    seconds: int = 6 * 3600
    level: int = 5  # links deep, the next pages of a list not counted
    page_bytes: int = MAX_PAGE_BYTES  # before and after decompression
    page_seconds: int = 30
    redirects: int = 10
    robots_bytes: int = 512_000  # RFC 9309 asks for 500 KiB at least
    browser_pages: int = 500
    retry_after: int = 300  # seconds; a host that asks for more is left alone for this crawl
