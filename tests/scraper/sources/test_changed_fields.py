"""Boards whose fields are missing, empty or of another type: a job is left out with a reason, never all of them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.web.page import Page
from scraper import sources
from scraper.scraped_post import make_post
from tests.scraper.sources.saved import AT, HERE, config

BOARDS = ("ashby", "bamboohr", "greenhouse", "lever", "oracle", "pinpoint", "recruitee", "rippling", "smartrecruiters",
    "teamtailor", "workable", "workday")  # fmt: skip
FILES = [path for kind in BOARDS for path in sorted((HERE / kind).glob("*.json"))]
OTHERS: tuple[Any, ...] = (None, "", 0, -1.5, True, [], {}, "x", [None], [[]], [{}], {"a": None}, 10**30, "\ud83d")


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_no_field_of_any_type_is_a_fault(path: Path) -> None:
    value = json.loads(path.read_text())
    kind = path.parent.name
    settings = config(kind, address="https://clocks.example/sites/CX_1")
    for changed in _changed(value):
        body = json.dumps(changed).encode()
        for url in ("https://clocks.example/list#0", "https://clocks.example/jobs/12/detail"):
            page = Page(url, body, "application/json", AT)
            reading = sources.load(kind).read(page, settings)
            for posting in reading.postings:
                make_post(posting, page, settings, "p", "t")


def _changed(value: Any) -> Iterator[Any]:
    """The value with each of its fields taken away, and in the place of each what is of another type."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for at, child in list(inner):
        rest = value.copy()
        del rest[at]
        yield rest
        for other in (*OTHERS, *_changed(child)):
            changed = value.copy()
            changed[at] = other
            yield changed
