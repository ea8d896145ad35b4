"""What we read of a page beside what Chromium shows of it."""

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

from pipeline.web.page import Page
from scraper import blocks, chromium

pytestmark = pytest.mark.skipif(not chromium.find(os.environ), reason="no Chromium here (CHROMIUM_PATH)")

_SCRIPTS = re.compile(r"<script\b.*?</script>|<link\b[^>]*>", re.I | re.S)
_MARK = re.compile(r"^(?:•|\w{1,4}\.) ")  # of list items: innerText has none


def test_every_line_that_chromium_shows_is_read(data: Path) -> None:
    pages = [Page("https://example.org", path.read_bytes()) for path in sorted((data / "pages").rglob("*.html"))]
    assert pages
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(os.environ), args=["--no-sandbox"])
        tab = browser.new_context(java_script_enabled=False, offline=True).new_page()
        for page in pages:
            tab.set_content(_SCRIPTS.sub("", page.text), wait_until="domcontentloaded")
            assert _lines(blocks.read_tree(page.tree.find("body"))) == _lines(tab.evaluate("document.body.innerText"))
        browser.close()


def _lines(text: str) -> list[str]:
    lines = (" ".join(_MARK.sub("", line.strip()).split()) for line in text.split("\n"))
    return [line for line in lines if line]
