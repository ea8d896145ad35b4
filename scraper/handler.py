"""Scrapy's HTTP client and browser under the guard."""

from typing import Any

from playwright.async_api import Error as BrowserError
from scrapy import Request
from scrapy.exceptions import CannotResolveHostError
from scrapy.http import Response
from scrapy.utils.httpobj import urlparse_cached
from scrapy_playwright.handler import ScrapyPlaywrightDownloadHandler

from scraper.addresses import InsideAddress
from scraper.proxy import REFUSED_HEADER


class GuardedHandler(ScrapyPlaywrightDownloadHandler):
    """Tells an address that was refused from a name that does not exist, and refuses literal ones at once.

    The refusing itself is done where connections are made: by the resolver, and by the browser's proxy.
    """

    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self.job = crawler.spider.job

    async def download_request(self, request: Request) -> Response:
        self.job.guard.check_url(request.url)
        host = (urlparse_cached(request).hostname or "").lower()
        refused = self.job.browser.proxy.refused
        before = set(refused)
        try:
            response = await super().download_request(request)
        except CannotResolveHostError as error:
            if host in self.job.resolver.refused:
                raise InsideAddress(f"{host} is not at a public address") from error
            raise
        except BrowserError as error:
            if led := (refused - before) | (refused & {host}):
                raise InsideAddress(f"the browser was led to {', '.join(sorted(led))}") from error
            raise
        if REFUSED_HEADER in response.headers:
            raise InsideAddress(f"the browser was led to {urlparse_cached(response).hostname}")
        return response
