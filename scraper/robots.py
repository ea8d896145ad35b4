"""robots.txt as RFC 9309 says: missing allows all, unreachable forbids all. No switch turns it off."""

import logging
from typing import Any

from scrapy import Request
from scrapy.downloadermiddlewares.robotstxt import RobotsTxtMiddleware
from scrapy.exceptions import IgnoreRequest
from scrapy.http import Response
from scrapy.robotstxt import RobotParser

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
        self.max_bytes: int = crawler.spider.job.limits.robots_bytes

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
