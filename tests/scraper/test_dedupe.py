"""Real postings that came again: under new titles, in two languages, with changed texts, in any order."""

import gzip
import json
import random
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from pipeline import text as texts
from pipeline.schema import PostScraped
from scraper import crawler
from scraper.commands import arguments
from scraper.crawler import Order
from scraper.report import Report
from scraper.scraped_post import find_language
from tests.scraper.conftest import World

REVISIONS = ["external_id=job_id", "fetched_at=committed_at"]


def import_rows(world: World, path: Path, fields: list[str], source: str) -> Report:
    order = Order(arguments.config(f"jsonl:{path}", source, fields), "job-posts")
    found: Report = world.reactor.call(crawler.run(order, world.adapters())).result(300)
    return found


def write(path: Path, rows: Iterable[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def load(path: Path) -> list[dict[str, Any]]:
    # At line feeds only: texts hold other line ends.
    return [json.loads(line) for line in gzip.decompress(path.read_bytes()).split(b"\n") if line]


@pytest.mark.parametrize("seed", [None, 1, 2], ids=["in order", "shuffled", "shuffled again"])
def test_revisions_of_real_postings(seed: int | None, data: Path, world: World, tmp_path: Path) -> None:
    rows = load(data / "dedupe" / "cds_revisions.jsonl.gz")
    assert len(rows) == 187
    if seed is not None:
        random.Random(seed).shuffle(rows)
    path = write(tmp_path / "rows.jsonl", rows)

    report = import_rows(world, path, REVISIONS, "cds")
    posts = world.sent()

    assert (report.scraped, report.unique) == (187, 51)
    assert len({post.post_id for post in posts}) == 51
    languages = defaultdict(set)
    for post in posts:
        languages[post.post_id].add(post.language)
    assert sorted(map(len, languages.values())) == [1] * 17 + [2] * 34

    # Each distinct text of a posting is there, under one identity: a text that was the newest for a while may be sent
    # a second time when it arrives again late, and is a repeat to every consumer.
    distinct = {(row["job_id"], texts.normalise(row["text"])) for row in rows}
    recorded = {post.identity: (post.external_id, post.text) for post in posts}
    assert len(recorded) == len(distinct)
    assert set(recorded.values()) == distinct

    # Whatever the order of arrival, the newest of each language is the current one.
    newest: dict[tuple[str, str], tuple[str, str]] = {}
    for post in posts:
        key = (post.post_id, post.language)
        newest[key] = max(newest.get(key, ("", "")), (post.fetched_at, post.revision))
    for (post_id, code), (_, revision) in newest.items():
        row = world.seen.read("job-posts", post_id, code)
        assert row
        assert row.revision == revision

    import_rows(world, path, REVISIONS, "cds")
    assert {post.identity for post in world.sent()} <= set(recorded)
    third = import_rows(world, path, REVISIONS, "cds")
    assert (third.sent, world.sent()) == (0, [])


def test_the_language_is_found_as_it_was_noted(data: Path) -> None:
    rows = load(data / "dedupe" / "cds_revisions.jsonl.gz")
    others = [
        (row["lang"], find_language(row["text"]), row["text"][:25])
        for row in rows
        if find_language(row["text"]) != row["lang"]
    ]
    # One English text lies in the French folder.
    assert others == [("fr", "en", "The Canadian Digital Serv")]


def test_ids_of_a_job_board_in_any_order_with_repeats(data: Path, world: World, tmp_path: Path) -> None:
    rows = load(data / "dedupe" / "usajobs_listings.jsonl.gz")
    assert len(rows) == 4000
    dice = random.Random(7)
    rows += dice.sample(rows, 800)
    dice.shuffle(rows)
    fields = ["external_id=control_number", "title=position_title", "url=usajobs_url"]
    fields.append("description=position_title+department+agency+open_date")

    report = import_rows(world, write(tmp_path / "rows.jsonl", rows), fields, "usajobs")

    assert (report.scraped, report.unique, report.sent, report.unchanged) == (4800, 4000, 4000, 800)
    posts: list[PostScraped] = world.sent()
    assert len(posts) == len({post.post_id for post in posts}) == 4000
