"""What a crawl did, in numbers: kept while it runs, printed as a table and as JSON at its end."""

import logging
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from scraper.postings import Skip

logger = logging.getLogger(__name__)

FINISHED = "finished"  # as `stopped`: the crawl that was to be resumed had come to its end
SHOWN_TITLES = 3
SHOWN_IDS = 5  # of those that several postings share, and of values that could not be read
MOST_UNREAD = 200


@dataclass(slots=True)
class Report:
    """The counts of one crawl of one source.

    `scraped`: postings read from pages. `sent` = `new` + `changed` posts handed to the pipeline. `unchanged`: sent
    before, whether the page came again or was answered with 304. `skipped`: pages and postings left out, by reason.
    `noted`: what was done to posts that were kept (cut, repaired, charset). `errors`: pages that could not be
    fetched, and posts that could not be sent, by kind.
    """

    source: str
    scraped: int = 0
    new: int = 0
    changed: int = 0
    unchanged: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    noted: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    received_bytes: int = 0
    browser_pages: int = 0
    seconds: float = 0.0
    stopped: str = ""  # why it ended before its end: limit, signal, pages, time; `finished` where it had ended before
    hints: Counter[str] = field(default_factory=Counter)  # where the postings may be, of a crawl that found none
    failure: str = ""  # why it counts as failed
    shared_ids: Counter[str] = field(default_factory=Counter)  # ids of several postings, and of how many more
    first: list[str] = field(default_factory=list)  # titles of the first posts
    unread: Counter[str] = field(default_factory=Counter)  # what postings say and could not be read, by field and value
    ended: Counter[str] = field(default_factory=Counter)  # postings: expired, gone, absent; and open again
    ids: set[int] = field(default_factory=set)  # hashes of the ids that posts are known by

    def leave_out(self, skip: Skip) -> None:
        self.skipped[skip.reason] += 1
        logger.info("left out: %s: %s", skip.reason, skip.detail)

    def note_unread(self, said: Iterable[str]) -> None:
        """What a posting says and could not be read; of very many, those that came first are counted."""
        self.unread.update(one for one in said if one in self.unread or len(self.unread) < MOST_UNREAD)

    def count_post(self, post_id: str, title: str) -> None:
        """Counts a post under the id it is known by."""
        if len(self.first) < SHOWN_TITLES and title not in self.first:
            self.first.append(title)
        self.ids.add(hash(post_id))  # a quarter of the memory of the ids themselves

    @property
    def unique(self) -> int:
        return len(self.ids)

    @property
    def sent(self) -> int:
        return self.new + self.changed

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "scraped": self.scraped,
            "unique": self.unique,
            "sent": self.sent,
            "new": self.new,
            "changed": self.changed,
            "unchanged": self.unchanged,
            "skipped": dict(sorted(self.skipped.items())),
            "noted": dict(sorted(self.noted.items())),
            "errors": sum(self.errors.values()),
            "errors_by_kind": dict(sorted(self.errors.items())),
            "ended": dict(sorted(self.ended.items())),
            "unread": dict(self.unread.most_common(SHOWN_IDS)),
            "shared_ids": dict(self.shared_ids.most_common(SHOWN_IDS)),
            "requests": self.requests,
            "bytes": self.received_bytes,
            "browser_pages": self.browser_pages,
            "seconds": round(self.seconds, 2),
            "stopped": self.stopped,
            "failure": self.failure,
        }


def table(reports: list[Report]) -> str:
    """One row a source, reasons below."""
    heads = ("source", "read", "posts", "new", "changed", "unchanged", "skipped", "errors", "requests", "KB", "s")
    rows = [heads] + [
        (
            report.source,
            str(report.scraped),
            str(report.unique),
            str(report.new),
            str(report.changed),
            str(report.unchanged),
            str(sum(report.skipped.values())),
            str(sum(report.errors.values())),
            str(report.requests),
            str(report.received_bytes // 1000),
            f"{report.seconds:.1f}",
        )
        for report in reports
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ["  ".join(_cells(row, widths)).rstrip() for row in rows]
    for report in reports:
        for name, counts in (
            ("skipped", report.skipped),
            ("noted", report.noted),
            ("ended", report.ended),
            ("errors", report.errors),
        ):
            if counts:
                lines.append(f"{report.source}: {name}: " + ", ".join(f"{n} {why}" for why, n in counts.most_common()))
        if report.shared_ids:
            ids = ", ".join(f"{name} ({count} more)" for name, count in report.shared_ids.most_common(SHOWN_IDS))
            lines.append(f"{report.source}: ids that do not tell postings apart, which go by their addresses: {ids}")
        if report.unread:
            said = ", ".join(f"{what} ({count})" for what, count in report.unread.most_common(SHOWN_IDS))
            lines.append(f"{report.source}: could not be read: {said}")
        early = f"ended early: {report.stopped}" if report.stopped not in ("", FINISHED) else ""
        over = "finished before; nothing is left to fetch" if report.stopped == FINISHED else ""
        for what in filter(None, (early, over, report.failure)):
            lines.append(f"{report.source}: {what}")
    return "\n".join(lines)


def _cells(row: tuple[str, ...], widths: list[int]) -> list[str]:
    first, *rest = zip(row, widths, strict=True)
    return [first[0].ljust(first[1]), *(text.rjust(width) for text, width in rest)]
