"""The sample site in a real browser, where every script runs."""

import os
import shutil
from collections.abc import Iterator
from urllib.parse import urldefrag, urljoin

import lxml.html
import pytest
from playwright.sync_api import BrowserContext, sync_playwright

from demo.site import Site, content, expected
from demo.site.expected import postings_in


@pytest.fixture(scope="module")
def browser() -> Iterator[BrowserContext]:
    chromium = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("chromium-browser")
    arguments = ["--no-sandbox", "--disable-quic", "--disable-dev-shm-usage", "--disable-background-networking"]
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium, args=arguments)
        yield running.new_context(viewport={"width": 390, "height": 800})
        running.close()


def test_a_browser_that_follows_every_link_finds_what_is_expected(browser: BrowserContext) -> None:
    problems: list[str] = []
    seen: set[str] = set()
    found: list[str] = []
    with Site() as site:
        page = browser.new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda asked: None if asked.url.startswith(site.url) else problems.append(asked.url))
        left = [site.url + "/"]
        while left:
            url = urldefrag(left.pop()).url
            if url in seen or "/apply/" in url:
                continue
            seen.add(url)
            page.goto(url)
            # Both scripts end by putting what they made in the place of #app.
            page.wait_for_selector("#app", state="detached")
            if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                problems.append(f"wider than a telephone: {url}")
            tree = lxml.html.fromstring(page.content())
            found += [job["title"] for job in postings_in(tree)]
            left += [urljoin(url, href) for href in tree.xpath("//a/@href")]
        page.close()
    titles = [one.title for one in content.load() for _ in one.paths]
    assert problems == []
    assert sorted(found) == sorted(titles)
    assert len(found) == expected().scraped
