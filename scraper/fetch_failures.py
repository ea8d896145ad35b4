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

from pipeline.web.addresses import SCHEMES, InsideAddress
from scraper.chromium import NoBrowser
from scraper.politeness import AskedToWait, Forbidden, RobotsUnreachable


@dataclass(frozen=True, slots=True)
class FetchFailure:
    """`is_error` where something is wrong with the site or the net; otherwise the page was left out on purpose."""

    name: str
    is_error: bool


def classify(problem: BaseException) -> FetchFailure:
    match problem:
        case InsideAddress():
            return FetchFailure("inside-address", False)
        case Forbidden():
            return FetchFailure("robots", False)
        case RobotsUnreachable(why=DownloadCancelledError()):
            return FetchFailure("robots-too-large", False)
        case RobotsUnreachable(why=Exception() as why) if classify(why).name != "other":
            return classify(why)
        case RobotsUnreachable():
            return FetchFailure("robots-unreachable", False)
        case AskedToWait():
            return FetchFailure("asked-to-wait", False)
        case IgnoreRequest() if "redirection" in str(problem):
            return FetchFailure("redirect-loop", False)
        # Scrapy gives the reason in words only: too large when announced, while read, or after decompression.
        case DownloadCancelledError():
            return FetchFailure("too-large", False)
        case IgnoreRequest() if "DOWNLOAD_MAXSIZE" in str(problem):
            return FetchFailure("too-large", False)
        case HttpError(response=response):
            return _classify_status(response.status, (response.headers.get("Location") or b"").decode("latin-1"))
        case CannotResolveHostError():
            return FetchFailure("dns", True)
        case DownloadConnectionRefusedError():
            return FetchFailure("connection", True)
        case DownloadTimeoutError():
            return FetchFailure("timeout", True)
        case NoBrowser():
            return FetchFailure("no-browser", True)
        case BrowserError():
            return FetchFailure("timeout" if "Timeout" in str(problem) else "browser", True)
        case OSError() | EOFError() | zlib.error() | brotli.error():
            return FetchFailure("encoding", True)
    module = type(problem).__module__
    return FetchFailure("connection" if module.startswith(("scrapy", "twisted", "OpenSSL")) else "other", True)


def _classify_status(status: int, location: str) -> FetchFailure:
    scheme = location.split(":", 1)[0].lower() if ":" in location.split("/", 1)[0] else ""
    if 300 <= status < 400 and scheme and scheme not in SCHEMES:
        return FetchFailure("scheme", False)
    return FetchFailure(f"http-{status}", status >= 500 or status == 429)
