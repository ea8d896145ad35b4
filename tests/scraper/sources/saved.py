"""Saved pages of a source, read as the source would."""

from collections.abc import Mapping
from pathlib import Path

from pipeline.web.page import Page
from scraper import sources
from scraper.postings import Reading, SourceConfig
from scraper.scraped_post import Made, make_post

HERE = Path(__file__).parent
AT = "2026-03-01T12:00:00+00:00"
TYPES = {".html": "text/html", ".json": "application/json", ".xml": "application/xml"}


def read(
    kind: str, path: Path | str, fields: Mapping[str, str] | None = None, url: str = "https://example.org/list"
) -> Reading:
    """A file by its path, or by its name in the kind's own folder."""
    path = HERE / kind / path if isinstance(path, str) else path
    page = Page(url, path.read_bytes(), TYPES.get(path.suffix, ""), AT)
    return sources.load(kind).read(page, config(kind, fields))


def config(kind: str, fields: Mapping[str, str] | None = None, address: str = "https://example.org/") -> SourceConfig:
    return SourceConfig("example.org", kind, address, fields or {})


def text(reading: Reading, at: int = 0) -> str:
    """The text of one posting as it would be sent."""
    page = Page("https://example.org/list", b"", fetched_at=AT)
    made = make_post(reading.postings[at], page, config("jobposting"), "job-posts", "t")
    assert isinstance(made, Made)
    return made.post.text


def reasons(reading: Reading) -> list[str]:
    return [skip.reason for skip in reading.skips]
