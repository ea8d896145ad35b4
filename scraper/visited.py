"""What is remembered of pages from crawl to crawl, for conditional requests: validators, and what the page led to."""

import gzip
import zlib
from dataclasses import dataclass

import orjson

from pipeline.ports import ObjectMissing, ObjectStore

SCHEMA = "known-pages/2"


@dataclass(frozen=True, slots=True)
class VisitedPage:
    """A page as it was read last. It is remembered only once all of its posts were sent."""

    etag: str
    modified: str
    posts: int
    links: tuple[tuple[str, bool], ...] = ()  # address, whether it turns to the next page of the list
    changed: str = ""  # when the site's list said it was last changed, in the site's words


def key(source: str, project: str) -> str:
    return f"crawls/{source}/known/{project}.json.gz"


def load(store: ObjectStore, source: str, project: str) -> dict[str, VisitedPage]:
    """Empty where nothing is remembered, or by another version: then every page is fetched anew."""
    try:
        value = orjson.loads(gzip.decompress(store.get(key(source, project)).body))
    except (ObjectMissing, OSError, EOFError, zlib.error, orjson.JSONDecodeError):
        return {}
    if value.get("schema") != SCHEMA:
        return {}
    return {
        url: VisitedPage(etag, modified, posts, tuple((link, turns) for link, turns in links), changed)
        for url, (etag, modified, posts, links, changed) in value["pages"].items()
    }


def save(store: ObjectStore, source: str, project: str, pages: dict[str, VisitedPage]) -> None:
    rows = {url: (page.etag, page.modified, page.posts, page.links, page.changed) for url, page in pages.items()}
    body = orjson.dumps({"schema": SCHEMA, "pages": rows})
    store.put(key(source, project), gzip.compress(body, 6, mtime=0), "application/gzip")
