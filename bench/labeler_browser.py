"""Chromium on the labeler, for benchmarks of its pages."""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

from scraper.chromium import ensure
from tests.e2e.desk import PASSWORD


@contextlib.contextmanager
def chromium() -> Iterator[Browser]:
    path = ensure(os.environ)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-dev-shm-usage"],
        )
        yield browser
        browser.close()


def log_in(browser: Browser, address: str) -> Any:
    """What a later profile needs to be logged in."""
    context = browser.new_context(base_url=address)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=username]", "lena")
    page.fill("[name=password]", PASSWORD)
    page.click("main button")
    page.wait_for_url("/")
    state = context.storage_state()
    context.close()
    return state


@contextlib.contextmanager
def fresh(browser: Browser, address: str, cookies: Any) -> Iterator[tuple[Page, CDPSession]]:
    """A profile that has cached nothing."""
    context = browser.new_context(base_url=address, storage_state=cookies, viewport={"width": 1440, "height": 900})
    context.add_init_script(
        """globalThis.seen = { shift: 0, longest: 0 };
        new PerformanceObserver((list) => { for (const one of list.getEntries()) seen.shift += one.value; })
          .observe({ type: "layout-shift", buffered: true });
        new PerformanceObserver((list) => {
          for (const one of list.getEntries()) seen.longest = Math.max(seen.longest, one.duration);
        }).observe({ type: "longtask", buffered: true });"""
    )
    page = context.new_page()
    session = context.new_cdp_session(page)
    session.send("Network.enable")
    yield page, session
    context.close()
