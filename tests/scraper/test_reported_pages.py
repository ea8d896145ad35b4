"""Pages and feeds after public bug reports: each is read as it should be."""

import json
from pathlib import Path
from typing import Any

from pipeline.schema import PostScraped
from pipeline.web.page import Page
from scraper import sources
from scraper.scraped_post import Made, make_post
from tests.scraper.sources.saved import AT, TYPES, config


def test_every_reported_page_is_read_right(data: Path) -> None:
    root = data / "reports" / "scraper"
    cases = [case for case in json.loads((root / "expected.json").read_text())["cases"] if "file" in case]
    wrong = [fault for case in cases for fault in _faults(root / case["file"], case)]
    assert cases
    assert not wrong, "\n".join(wrong)


def _faults(path: Path, case: dict[str, Any]) -> list[str]:
    page = Page(case["url"], path.read_bytes(), TYPES.get(path.suffix, ""), AT)
    source = config(case["source"], case.get("fields"))
    reading = sources.load(case["source"]).read(page, source)
    made = [make_post(posting, page, source, "p", "t") for posting in reading.postings]
    posts = [one.post for one in made if isinstance(one, Made)]
    right = case["right"]
    if len(posts) != right["posts"]:
        return [f"{path.name}: {len(posts)} posts, {reading.skips}"]
    return [
        f"{path.name}, {name}: {_value(post, name)!r}, not {value!r}"
        for post, first in zip(posts, right["first"], strict=False)
        for name, value in first.items()
        if _value(post, name) != value
    ]


def _value(post: PostScraped, name: str) -> Any:
    if name == "lines":
        return [line.strip() for line in post.text.split("\n") if line.strip()]
    return getattr(post, name)
