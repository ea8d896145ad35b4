"""How fast: the host's own Crawl-delay and Retry-After over our delay, and never faster than the host answers."""

import asyncio
import email.utils
import time
from typing import Any

from scrapy import Request, signals
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
        self.longest: int = crawler.spider.job.limits.retry_after
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
