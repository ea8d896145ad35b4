"""Bounds, user agent and Scrapy's settings of one crawl: polite, with nothing in them that a source could change."""

from dataclasses import dataclass
from typing import Any

from pipeline.web.page import MAX_PAGE_BYTES


@dataclass(frozen=True, slots=True)
class Limits:
    """Whatever a site does, a crawl ends within them."""

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


VERSION = "0.1"
DELAY = 1.0  # seconds between two requests to one host, more where the host is slow or asks for more
# A request that opens its connection first arrives later than the next one, which need not.
MARGIN = 0.1


class NoContact(ValueError):
    """Whoever runs the scraper has not said how a site's owner can reach them."""


def make_user_agent(contact: str, local: bool) -> str:
    """The one name we go by, with an address to complain to. Raises `NoContact` without one, but on loopback."""
    if not contact and not local:
        raise NoContact(
            "LABELMILL_CONTACT is not set. Site owners must be able to reach you: set it to an e-mail address or to the"
            " address of a page that says who you are."
        )
    if any(not letter.isprintable() or letter in "()" for letter in contact):
        raise NoContact(
            f"LABELMILL_CONTACT: given {contact!r:.80}, allowed: an e-mail address or the address of a page"
        )
    return f"Labelmill/{VERSION} (+{contact or 'run on this machine'})"


def scrapy_settings(limits: Limits, agent: str, local: bool) -> dict[str, Any]:
    """`local`: the site is on this machine and asked for, so nobody is bothered by haste."""
    return {
        "BOT_NAME": "labelmill",
        "USER_AGENT": agent,
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": "Labelmill",
        "DEFAULT_REQUEST_HEADERS": {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
        "COOKIES_ENABLED": False,
        "REFERRER_POLICY": "same-origin",
        "HTTPPROXY_ENABLED": False,  # a proxy would connect to what we have not checked
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "DOWNLOAD_HANDLERS": {
            "http": "scraper.connections.GuardedHandler",
            "https": "scraper.connections.GuardedHandler",
            **dict.fromkeys(("data", "file", "ftp", "s3")),
        },
        "DOWNLOADER_MIDDLEWARES": {
            "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
            "scraper.politeness.Robots": 100,
            "scraper.politeness.RetryAfter": 560,  # inside of retries: it sees every answer
            "scraper.politeness.ConditionalRequests": 595,
        },
        "EXTENSIONS": {
            "scrapy.extensions.throttle.AutoThrottle": None,
            "scraper.politeness.Throttle": 0,
        },
        "DOWNLOAD_DELAY": 0 if local else DELAY + MARGIN,
        "DOWNLOAD_DELAY_JITTER": 0,  # Scrapy's own would halve some pauses
        "AUTOTHROTTLE_ENABLED": not local,
        "AUTOTHROTTLE_START_DELAY": DELAY + MARGIN,
        "AUTOTHROTTLE_TARGET_CONCURRENCY": 1.0,
        "CONCURRENT_REQUESTS": 16,
        "CONCURRENT_ITEMS": 1,  # Scrapy starts so many tasks a page, for items; there are none
        "CONCURRENT_REQUESTS_PER_DOMAIN": 16 if local else 2,
        "DOWNLOAD_MAXSIZE": limits.page_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_TIMEOUT": limits.page_seconds,
        "REDIRECT_MAX_TIMES": limits.redirects,
        "METAREFRESH_MAXDELAY": 5,
        "RETRY_TIMES": 2,
        "RETRY_HTTP_CODES": [429, 500, 502, 503, 504],
        "RETRY_EXCEPTIONS": [
            "scrapy.exceptions.CannotResolveHostError",
            "scrapy.exceptions.DownloadConnectionRefusedError",
            "scrapy.exceptions.DownloadFailedError",
            "scrapy.exceptions.ResponseDataLossError",
        ],
        "RETRY_GIVE_UP_LOG_LEVEL": "DEBUG",  # counted and told in the summary
        # In the order of the page: with a limit, the first postings of a list are the ones wanted.
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",
        "DEPTH_LIMIT": 0,  # the spider keeps its own, in which the next page of a list is no step deeper
        "CLOSESPIDER_PAGECOUNT": limits.pages,
        "CLOSESPIDER_TIMEOUT": limits.seconds,
        "MEMUSAGE_ENABLED": False,
        "STATS_DUMP": False,
        "LOGSTATS_INTERVAL": 0,
        "LOG_ENABLED": False,  # the command sets logging up
        "PLAYWRIGHT_ABORT_REQUEST": "scraper.browser.must_abort",
        "PLAYWRIGHT_MAX_PAGES_PER_CONTEXT": 2,
        "PLAYWRIGHT_MAX_CONTEXTS": 1,
        "PLAYWRIGHT_DEFAULT_NAVIGATION_TIMEOUT": limits.page_seconds * 1000,
    }
