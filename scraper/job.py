"""All that one crawl of one source works with, wired once by whoever starts it."""

from dataclasses import dataclass, field

from scraper.addresses import Guard
from scraper.browser import GuardedBrowser
from scraper.known import Known
from scraper.limits import Limits
from scraper.outbox import Outbox
from scraper.reading import SourceConfig
from scraper.report import Report
from scraper.resolver import GuardedResolver


@dataclass
class Job:
    config: SourceConfig
    project: str
    agent: str  # the user agent
    guard: Guard
    resolver: GuardedResolver
    browser: GuardedBrowser
    outbox: Outbox
    report: Report
    limits: Limits = field(default_factory=Limits)
    known: dict[str, Known] = field(default_factory=dict)
    since: str = ""  # ISO date; posts dated before it are left out
