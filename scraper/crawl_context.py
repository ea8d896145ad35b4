"""What one crawl of one source works with."""

from dataclasses import dataclass, field

from scraper.addresses import Guard
from scraper.browser import GuardedBrowser
from scraper.connections import GuardedResolver
from scraper.crawl_settings import Limits
from scraper.journal import Journal
from scraper.outbox import Outbox
from scraper.postings import SourceConfig
from scraper.report import Report
from scraper.visited import VisitedPage


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
