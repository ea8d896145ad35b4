"""Chromium for pages that only a script renders: started when it is first needed, behind the forward proxy."""

import contextlib
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, BrowserContext, Playwright, async_playwright
from playwright.async_api import Request as BrowserRequest
from playwright.async_api import TimeoutError as BrowserTimeout
from scrapy.exceptions import NotSupported
from scrapy_playwright.page import PageMethod

from pipeline.web.addresses import SCHEMES, Guard
from scraper import chromium
from scraper.proxy import ForwardProxy

PAGE_SECONDS = 30  # to load one page, scripts included
SETTLE_SECONDS = 5  # to wait for a page to fall quiet
BLOCKED = frozenset(
    ("image", "font", "media", "stylesheet", "manifest", "texttrack", "eventsource", "websocket", "ping")
)

_ARGUMENTS = [
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--dns-prefetch-disable",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--no-first-run",
    # Without it Chromium goes to loopback past every proxy.
    "--proxy-bypass-list=<-loopback>",
]


def page_meta(user_agent: str) -> dict[str, Any]:
    """What a Scrapy request says to be fetched by the browser: one page, settled, with nothing kept after it."""
    return {
        "playwright": True,
        "playwright_context_kwargs": {
            "user_agent": user_agent,
            "service_workers": "block",
            "accept_downloads": False,
        },
        "playwright_page_goto_kwargs": {"wait_until": "load", "timeout": PAGE_SECONDS * 1000},
        "playwright_page_methods": [PageMethod(_settle)],
    }


async def _settle(page: Any) -> None:
    """Until the network is quiet; a page that never falls quiet is taken as it is."""
    with contextlib.suppress(BrowserTimeout):
        await page.wait_for_load_state("networkidle", timeout=SETTLE_SECONDS * 1000)


def must_abort(request: BrowserRequest) -> bool:
    """True for what a text does not need (images, fonts, media), for other sites, and for other schemes."""
    parts = urlsplit(request.url)
    if request.resource_type in BLOCKED or parts.scheme not in SCHEMES:
        return True
    if request.is_navigation_request():
        return request.frame.parent_frame is not None and not _same_site(request)
    return not _same_site(request)


def _same_site(request: BrowserRequest) -> bool:
    page = urlsplit(request.frame.page.url).hostname or ""
    host = urlsplit(request.url).hostname or ""
    return page in ("", host) or _site(page) == _site(host)


def _site(host: str) -> str:
    """The last two labels of a name: wider than the registered domain in places, never narrower."""
    return host if host.replace(".", "").isdigit() or ":" in host else ".".join(host.split(".")[-2:])


class GuardedBrowser:
    """Gives scrapy-playwright its browser. Nothing is started before the first page needs it."""

    def __init__(self, guard: Guard, env: Mapping[str, str]) -> None:
        self.guard = guard
        self.env = env
        self.proxy = ForwardProxy(guard)
        self._playwright: Playwright | None = None

    async def start(self) -> None:
        """Called for every crawl, most of which need no browser."""

    async def launch_browser(self) -> Browser:
        executable = chromium.find(self.env)
        if self._playwright is None:
            self._server = await self.proxy.start()
            self._playwright = await async_playwright().start()
        return await self._playwright.chromium.launch(
            executable_path=executable,
            args=_ARGUMENTS,
            chromium_sandbox=chromium.has_sandbox(self.env),
            proxy={"server": self._server},
            handle_sigint=False,
            handle_sigterm=False,
        )

    async def launch_persistent_context(self, context_kwargs: dict[str, Any]) -> BrowserContext:
        raise NotSupported("no browser profile is kept")

    async def close(self) -> None:
        if self._playwright:
            await self._playwright.stop()
            self._playwright = None
            await self.proxy.stop()
