"""Why a page could not be had, by one short name that is counted: our own refusals apart from the site's errors."""

import zlib
from dataclasses import dataclass

import brotli
from playwright.async_api import Error as BrowserError
from scrapy.exceptions import (
    CannotResolveHostError,
    DownloadCancelledError,
    DownloadConnectionRefusedError,
    DownloadTimeoutError,
    IgnoreRequest,
)
from scrapy.spidermiddlewares.httperror import HttpError

from scraper.addresses import SCHEMES, InsideAddress
from scraper.chromium import NoBrowser
from scraper.politeness import AskedToWait
from scraper.robots import Forbidden, RobotsUnreachable


@dataclass(frozen=True, slots=True)
class Outcome:
    """`error` where something is wrong with the site or the net; otherwise the page was left out on purpose."""

    name: str
    error: bool


def of(problem: BaseException) -> Outcome:
    match problem:
        case InsideAddress():
            return Outcome("inside-address", False)
        case Forbidden():
            return Outcome("robots", False)
        case RobotsUnreachable(why=DownloadCancelledError()):
            return Outcome("robots-too-large", False)
        case RobotsUnreachable(why=Exception() as why) if of(why).name != "other":
            return of(why)
        case RobotsUnreachable():
            return Outcome("robots-unreachable", False)
        case AskedToWait():
            return Outcome("asked-to-wait", False)
        case IgnoreRequest() if "redirection" in str(problem):
            return Outcome("redirect-loop", False)
        # Scrapy gives the reason in words only: too large when announced, while read, or after decompression.
        case DownloadCancelledError():
            return Outcome("too-large", False)
        case IgnoreRequest() if "DOWNLOAD_MAXSIZE" in str(problem):
            return Outcome("too-large", False)
        case HttpError(response=response):
            return _of_status(response.status, (response.headers.get("Location") or b"").decode("latin-1"))
        case CannotResolveHostError():
            return Outcome("dns", True)
        case DownloadConnectionRefusedError():
            return Outcome("connection", True)
        case DownloadTimeoutError():
            return Outcome("timeout", True)
        case NoBrowser():
            return Outcome("no-browser", True)
        case BrowserError():
            return Outcome("timeout" if "Timeout" in str(problem) else "browser", True)
        case OSError() | EOFError() | zlib.error() | brotli.error():
            return Outcome("encoding", True)
    module = type(problem).__module__
    return Outcome("connection" if module.startswith(("scrapy", "twisted", "OpenSSL")) else "other", True)


def _of_status(status: int, location: str) -> Outcome:
    scheme = location.split(":", 1)[0].lower() if ":" in location.split("/", 1)[0] else ""
    if 300 <= status < 400 and scheme and scheme not in SCHEMES:
        return Outcome("scheme", False)
    return Outcome(f"http-{status}", status >= 500 or status == 429)
