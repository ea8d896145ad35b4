"""Conditional requests: what a page's ETag and date were, so that an unchanged page costs a 304 and no body."""

from typing import Any

from scrapy import Request


class Conditional:
    """Asks for pages that were read before only in case they changed."""

    def __init__(self, crawler: Any) -> None:
        self.known = crawler.spider.job.known

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Conditional":
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        # The browser needs the page itself to run its scripts.
        if request.meta.get("playwright") or request.meta.get("dont_obey_robotstxt"):
            return
        if known := self.known.get(request.url):
            if known.etag:
                request.headers.setdefault("If-None-Match", known.etag)
            if known.modified:
                request.headers.setdefault("If-Modified-Since", known.modified)
