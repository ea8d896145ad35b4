"""Politeness: robots.txt, how fast, and only what has changed. Scrapy's middlewares and its throttle.

robots.txt as RFC 9309 says: missing allows all, unreachable forbids all, and no switch turns it off. The host's own
Crawl-delay and Retry-After over our delay, and never faster than the host answers. Pages that were read before are
asked for with their ETag and date, so that an unchanged one costs a 304 and no body.
"""

import asyncio
import email.utils
import logging
import time
from typing import Any

from scrapy import Request, signals
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.extensions.throttle import AutoThrottle
from scrapy.http import Response
from scrapy.robotstxt import RobotParser
from scrapy.utils.httpobj import urlparse_cached

NAME = "Labelmill"  # as robots.txt files name us


class AskedToWait(IgnoreRequest):
    """The host asked for a longer pause than a crawl lasts."""


class Throttle:
    """AutoThrottle that never goes below what robots.txt asks for."""

    def __init__(self, crawler: Any) -> None:
        self.crawler = crawler
        self.auto = _WithFloor(crawler) if crawler.settings.getbool("AUTOTHROTTLE_ENABLED") else None
        crawler.signals.connect(self._robots_parsed, signal=signals.robots_parsed)

    @classmethod
    def from_crawler(cls, crawler: Any) -> "Throttle":
        return cls(crawler)

    def _robots_parsed(self, robotparser: RobotParser, request: Request) -> None:
        delay = robotparser.crawl_delay(NAME)
        if not delay or delay <= 0:
            return
        downloader, key = self.crawler.engine.downloader, urlparse_cached(request).hostname or ""
        delay = max(delay, self.crawler.settings.getfloat("DOWNLOAD_DELAY"))
        downloader.per_slot_settings[key] = {"delay": delay, "concurrency": 1, "jitter": 0}
        if slot := downloader.slots.get(key):
            slot.delay, slot.concurrency, slot.jitter = delay, 1, 0
        if self.auto:
            self.auto.floors[key] = delay


class _WithFloor(AutoThrottle):
    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self.floors: dict[str, float] = {}

    def _response_downloaded(self, response: Response, request: Request, spider: Any) -> None:
        super()._response_downloaded(response, request, spider)
        key, slot = self._get_slot(request, spider)
        if slot and key in self.floors:
            slot.delay = max(slot.delay, self.floors[key])


class RetryAfter:
    """Holds a host's requests back for as long as its Retry-After says."""

    def __init__(self, crawler: Any) -> None:
        self.longest: int = crawler.spider.context.limits.retry_after
        self.until: dict[str, float] = {}  # by host, on the monotonic clock

    @classmethod
    def from_crawler(cls, crawler: Any) -> "RetryAfter":
        return cls(crawler)

    async def process_request(self, request: Request) -> None:
        host = urlparse_cached(request).netloc
        while (wait := self.until.get(host, 0.0) - time.monotonic()) > 0:
            if wait > self.longest:
                raise AskedToWait(f"{host} asks to wait {wait:.0f} s")
            await asyncio.sleep(wait)

    def process_response(self, request: Request, response: Response) -> Response:
        if response.status in (429, 503) and (value := response.headers.get("Retry-After")):
            seconds = retry_after_seconds(value.decode("latin-1"), time.time())
            host = urlparse_cached(request).netloc
            self.until[host] = max(self.until.get(host, 0.0), time.monotonic() + seconds)
        return response


def retry_after_seconds(value: str, now: float) -> float:
    """The pause that a Retry-After header asks for: seconds, or a date; none where it is neither."""
    value = value.strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - now)
    except (TypeError, ValueError, OverflowError):
        return 0.0


logger = logging.getLogger(__name__)


class Forbidden(IgnoreRequest):
    """robots.txt does not let us fetch this."""


class RobotsUnreachable(IgnoreRequest):
    """The host's robots.txt could not be read, so nothing of it is fetched. `why` is what went wrong."""

    def __init__(self, why: Exception | str) -> None:
        super().__init__(f"robots.txt could not be read: {why}")
        self.why = why


class Robots(RobotsTxtMiddleware):
    def __init__(self, crawler: Any) -> None:
        super().__init__(crawler)
        self.unreachable: dict[str, Exception | str] = {}
        self.max_bytes: int = crawler.spider.context.limits.robots_bytes

    async def process_request(self, request: Request, spider: Any = None) -> None:
        # Of all requests only that for robots.txt itself carries this mark.
        if request.meta.get("dont_obey_robotstxt"):
            request.meta.setdefault("download_maxsize", self.max_bytes)
            return
        await super().process_request(request)

    def process_request_2(self, rp: RobotParser | None, request: Request) -> None:
        netloc = request.url.split("/")[2]
        if netloc in self.unreachable:
            raise RobotsUnreachable(self.unreachable[netloc])
        try:
            super().process_request_2(rp, request)
        except IgnoreRequest as error:
            raise Forbidden(str(error)) from error

    async def _parse_robots(self, response: Response, netloc: str, request: Request) -> None:
        if response.status >= 500 or response.status == 429 or 300 <= response.status < 400:
            self.unreachable[netloc] = f"status {response.status}"
        # The page that says there is no robots.txt is not one.
        kept = response if response.status == 200 else response.replace(body=b"")
        await super()._parse_robots(kept, netloc, request)

    def _robots_error(self, exc: Exception, netloc: str) -> None:
        self.unreachable[netloc] = exc
        super()._robots_error(exc, netloc)


class ConditionalRequests:
    """Asks for pages that were read before only in case they changed: an unchanged one costs a 304 and no body."""

    def __init__(self, crawler: Any) -> None:
        self.visited = crawler.spider.context.visited

    @classmethod
    def from_crawler(cls, crawler: Any) -> "ConditionalRequests":
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        # The browser needs the page itself to run its scripts.
        if request.meta.get("playwright") or request.meta.get("dont_obey_robotstxt"):
            return
        if page := self.visited.get(request.url):
            if page.etag:
                request.headers.setdefault("If-None-Match", page.etag)
            if page.modified:
                request.headers.setdefault("If-Modified-Since", page.modified)
