"""Which postings of a source were there, crawl by crawl, and which of them have ended.

A posting ends when its `validThrough` is past, when its page answers with 404 or 410 or says that it is no longer
available, or when two complete crawls in a row did not find it. One that is found again is open again.
"""

import gzip
import re
import sqlite3
import threading
import zlib
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import orjson

from pipeline import messages
from pipeline.ports import ObjectMissing, ObjectStore, Sender
from pipeline.schema import PostEnded, PostScraped, timestamp
from pipeline.web.page import Page
from scraper import blocks
from scraper.identity import canonical_url
from scraper.report import Report

SCHEMA = "known-postings/1"
ABSENCES = 2  # complete crawls in a row without it, after which a posting has ended
PORTION = 10  # messages in a call of SQS
# Reasons for which pages are left out of every crawl alike; with any other one, a crawl is not complete.
_HARMLESS = frozenset(
    ("no-posting", "no-description", "empty-description", "no-main-text", "unlisted", "no-id", "bad-record", "http-404",
     "http-410", "jsonld-broken", "jsonld-too-deep", "jsonld-too-large", "robots", "scheme", "inside-address")
)  # fmt: skip
# Asked only of pages that held a posting and hold none now.
_GONE = re.compile(
    r"no longer (?:\w+ )?(?:available|open|active|online|exist|accepting|listed|posted|live|vacant)"
    r"|not (?:available|open|active|online|accepting applications)(?: any ?more| any longer)?"
    r"|has been (?:filled|closed|removed|withdrawn)"
    r"|(?:has|is|was|been) (?:expired|closed|filled)|applications? (?:are|is) closed|does(?: not|n't) exist"
    r"|nicht (?:mehr|länger) (?:\w+ )?(?:verfügbar|online|aktiv|aktuell|ausgeschrieben|vakant|offen|vorhanden)"
    r"|bereits besetzt"
    r"|(?:wurde|ist) (?:\w+ )?(?:besetzt|geschlossen|abgelaufen|deaktiviert)"
    r"|n[’']est (?:plus|pas) (?:\w+ )?(?:disponible|en ligne|active|ouverte?|d[’']actualité|à pourvoir)"
    r"|a (?:expiré|été pourvue?)"
    r"|ya no (?:está|se encuentra|acepta|existe)|ha (?:expirado|caducado|finalizado|sido (?:cubierta|cerrada))"
    r"|non (?:è|e[’']) più (?:\w+ )?(?:disponibile|attiv[ao]|online)|è (?:scadut[ao]|stat[ao] chius[ao])"
    r"|(?:já não|não) está (?:mais )?disponível|foi (?:encerrada|preenchida)|expirou"
    r"|niet (?:meer|langer) (?:\w+ )?(?:beschikbaar|online|actief|open)|is (?:vervuld|gesloten|verlopen)"
    r"|inte längre (?:tillgänglig|aktiv|öppen)|ikke l[æe]n(?:gere|ger) (?:tilgængelig|tilgjengelig|aktiv)"
    r"|(?:już )?nie jest (?:już )?(?:dostępn|aktualn|aktywn)\w+|wygasł[ao]?\b|nieaktualn\w+"
    r"|již není (?:dostupn|aktuální|k dispozici)|ei ole enää (?:saatavilla|avoinna|voimassa)"
    r"|(?:募集|掲載|公開)(?:は|を|が)?(?:既に)?終了|(?:职位|岗位|職位)已",
    re.I,
)


def says_gone(page: Page) -> bool:
    """Whether a page without a posting says that there was one."""
    return bool(_GONE.search(" ".join(blocks.read_tree(page.tree).split())[:20_000]))


class KnownPostings:
    """In a temporary file, not in memory: there may be hundreds of thousands. Used from several threads."""

    def __init__(self, start: str) -> None:
        self.start = start  # where the crawl begins: only what was found from there can be missed from there
        self._lock = threading.Lock()
        self._rows = sqlite3.connect("", check_same_thread=False, isolation_level=None)
        self._rows.executescript(
            """CREATE TABLE posting (post_id PRIMARY KEY, last_seen, valid_through, absences, reason, start,
                state DEFAULT 'unseen') WITHOUT ROWID;
            CREATE TABLE page (url, post_id, state DEFAULT '', PRIMARY KEY (url, post_id)) WITHOUT ROWID;
            CREATE INDEX page_of ON page (post_id)"""
        )

    def see(self, post: PostScraped, url: str) -> None:
        """The posting is there, on this page; without a page only its end is kept in mind."""
        said = post.details.valid_through
        with self._lock:
            self._rows.execute(
                """INSERT INTO posting VALUES (?, '', ?, 0, '', ?, 'seen') ON CONFLICT DO UPDATE
                SET state = 'seen', valid_through = excluded.valid_through, start = excluded.start""",
                (post.post_id, said, self.start),
            )
            if url:
                values = canonical_url(url), post.post_id
                self._rows.execute("INSERT OR REPLACE INTO page VALUES (?, ?, 'read')", values)

    def see_page(self, url: str) -> None:
        """The page is as it was, and all that was on it is there."""
        self._mark(url, "seen", "read")

    def lose_page(self, url: str) -> None:
        """The page is gone."""
        self._mark(url, "", "gone")

    def leave_page(self, url: str) -> None:
        """The page could not be read: nothing is known of what was on it."""
        self._mark(url, "unknown", "")

    def holds(self, url: str) -> bool:
        """Whether a posting was on this page when it was last read."""
        with self._lock:
            return self._rows.execute("SELECT 1 FROM page WHERE url = ?", (canonical_url(url),)).fetchone() is not None

    def _mark(self, url: str, posting: str, page: str) -> None:
        with self._lock:
            key = canonical_url(url)
            if posting:
                self._rows.execute(
                    """UPDATE posting SET state = ? WHERE state <> 'seen'
                    AND post_id IN (SELECT post_id FROM page WHERE url = ?)""",
                    (posting, key),
                )
            if page:
                self._rows.execute("UPDATE page SET state = ? WHERE url = ? AND state <> 'read'", (page, key))

    def load(self, store: ObjectStore, source: str, project: str) -> None:
        """Nothing where nothing is remembered, or by another version."""
        try:
            lines = iter(gzip.decompress(store.get(_key(source, project)).body).splitlines())
            if orjson.loads(next(lines, b"{}")) != {"schema": SCHEMA}:
                return
            for line in lines:
                *posting, pages = orjson.loads(line)
                self._rows.execute("INSERT OR REPLACE INTO posting VALUES (?, ?, ?, ?, ?, ?, 'unseen')", posting)
                values = ((url, posting[0]) for url in pages)
                self._rows.executemany("INSERT OR REPLACE INTO page (url, post_id) VALUES (?, ?)", values)
        except (ObjectMissing, OSError, EOFError, zlib.error, orjson.JSONDecodeError):
            return

    def settle(self, store: ObjectStore, queue: Sender, report: Report, project: str, complete: bool) -> None:
        """At the end of a crawl: tells of each posting that has ended or is open again, and remembers them all.

        May raise `StoreUnavailable`: then nothing is remembered, and the next crawl tells.
        """
        now = datetime.now(UTC)
        today = now.date().isoformat()
        lines = [orjson.dumps({"schema": SCHEMA})]
        told: list[tuple[int, PostEnded]] = []
        for number, (posting, was, pages) in enumerate(self._settled(today, complete), 1):
            post_id, last_seen, _, _, reason, _ = posting
            if bool(reason) != bool(was):
                when, trace = timestamp(now), uuid4().hex
                told.append((number, PostEnded(project, report.source, post_id, reason, last_seen, when, trace)))
            lines.append(orjson.dumps([*posting, pages]))
        for at in range(0, len(told), PORTION):
            portion = told[at : at + PORTION]
            unsent = set(queue.send([messages.message(store, one.to_json(), one.trace_id) for _, one in portion]))
            for position, (number, one) in enumerate(portion):
                if position in unsent:  # told by the next crawl
                    report.errors["not-sent"] += 1
                    posting = orjson.loads(lines[number])
                    posting[4] = "" if one.reason else "absent"
                    lines[number] = orjson.dumps(posting)
                else:
                    report.ended[one.reason or "open again"] += 1
        if len(lines) > 1:
            store.put(_key(report.source, project), gzip.compress(b"\n".join(lines), 6, mtime=0), "application/gzip")

    def _settled(self, today: str, complete: bool) -> Iterator[tuple[list[Any], str, list[str]]]:
        """Of each posting: its row as it is now, why it had ended before, its pages."""
        rows = self._rows.execute(
            """SELECT post_id, last_seen, valid_through, absences, reason, start, state,
            (SELECT MAX(state = 'gone') FROM page WHERE page.post_id = posting.post_id) FROM posting ORDER BY post_id"""
        )
        for post_id, last_seen, valid_through, absences, was, start, state, gone in rows:
            over = "expired" if "" < valid_through < today else ""
            reason = was
            if state == "seen":
                last_seen, absences, reason = today, 0, over
            elif over or gone:
                reason = was or ("gone" if gone else over)
            elif state == "unseen" and complete and start == self.start:
                absences += 1
                reason = was or ("absent" if absences >= ABSENCES else "")
            pages = self._rows.execute("SELECT url, state FROM page WHERE post_id = ?", (post_id,)).fetchall()
            kept = [url for url, read in pages if read == "read" or state != "seen"]
            yield [post_id, last_seen, valid_through, absences, reason, start], was, kept


def is_complete(report: Report, limited: Iterable[object]) -> bool:
    """Whether a crawl saw all that there is: no error, and nothing that set it a limit."""
    left_out = {reason for reason, count in report.skipped.items() if count}
    return not (report.errors or report.stopped or report.failure or any(limited) or left_out - _HARMLESS)


def _key(source: str, project: str) -> str:
    return f"crawls/{source}/postings/{project}.jsonl.gz"
