"""What one crawl of one source works with."""

from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from scrapy.http import Response

from pipeline.web.addresses import Guard
from pipeline.web.page import Page
from scraper import boards_found, known_postings
from scraper.browser import GuardedBrowser
from scraper.connections import GuardedResolver
from scraper.crawl_settings import Limits
from scraper.identity import same_site
from scraper.journal import Journal
from scraper.outbox import Outbox
from scraper.postings import Reading, SourceConfig
from scraper.report import Report
from scraper.visited import VisitedPage

MOST_HINTS = 5


@dataclass
class CrawlContext:
    """All that one crawl of one source works with, wired once by whoever starts it."""

    config: SourceConfig
    project: str
    user_agent: str
    guard: Guard
    resolver: GuardedResolver
    browser: GuardedBrowser
    outbox: Outbox
    report: Report
    limits: Limits = field(default_factory=Limits)
    journal: Journal = field(default_factory=lambda: Journal(None))
    visited: dict[str, VisitedPage] = field(default_factory=dict)
    since: str = ""  # ISO date; posts dated before it are left out

    def leads_on(self, response: Response, meta: dict[str, Any]) -> bool:
        """A page that another host answered for may be read, but is no start for a crawl of that host.

        The start itself may have moved within its site: example.org to www.example.org.
        """
        if urlsplit(response.url).netloc == urlsplit(meta["asked"]).netloc:
            return True
        if meta["via"]:
            return False
        if same_site(response.url, meta["asked"]) or self.guard.are_both_loopback(response.url, meta["asked"]):
            return True
        self.report.hints[f"the start leads to another site: crawl {response.url}"] += 1
        return False

    def look_for_boards(self, page: Page) -> None:
        """While nothing was found: whose board the page shows, for a hint at the end."""
        report = self.report
        if not report.scraped and len(report.hints) < MOST_HINTS:
            for board in boards_found.find_boards(page):
                if board.kind != self.config.kind:
                    report.hints[f"this page embeds a {board.label} board: crawl {board.address}"] += 1

    def look_for_end(self, page: Page, reading: Reading, has_posts: bool) -> None:
        """Of a page that held a posting and holds none: whether it says so, or just cannot be read."""
        known = self.outbox.known
        if has_posts or not known or not known.holds(page.url):
            return
        if known_postings.says_gone(page):
            known.lose_page(page.url)
        elif reading.skips or reading.bare:
            known.leave_page(page.url)

    def note_failure(self, urls: tuple[str, str], why: str) -> bool:
        """What the failure of a request, at the address that was asked for and the last one, says of the postings
        there. True where the page is gone."""
        gone = why in ("http-404", "http-410")
        if known := self.outbox.known:
            for url in set(urls):
                (known.lose_page if gone else known.leave_page)(url)
        return gone
