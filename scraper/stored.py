"""Posts out of raw pages: what was fetched once, read by today's parser."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from pipeline.ports import ObjectStore
from pipeline.schema import PostScraped, Raw
from scraper import posts, raw, sources
from scraper.reading import Skip, SourceConfig

logger = logging.getLogger(__name__)


@dataclass
class Reread:
    """One page as today's parser reads it, and what was read from it when it was fetched."""

    url: str
    posts: list[PostScraped]
    skips: list[Skip]
    before: dict[tuple[str, str], str] = field(default_factory=dict)  # (post_id, language) → revision

    def changes(self) -> Iterator[tuple[str, str, str]]:
        """(what, post_id, language) with what = same, changed, new, gone."""
        now = {(post.post_id, post.language): post.revision for post in self.posts}
        for key in sorted(now.keys() | self.before.keys()):
            if key not in self.before:
                what = "new"
            elif key not in now:
                what = "gone"
            else:
                what = "same" if now[key] == self.before[key] else "changed"
            yield what, *key


def pages(store: ObjectStore, source: str = "") -> Iterator[Reread]:
    """All raw pages of a source, or of all, in the order of keys, one file in memory at a time.

    A page that says of no source how it is read is left out with a warning.
    """
    for listed in store.list(f"raw/{source}/" if source else "raw/"):
        if not listed.key.endswith(".warc.gz"):
            continue
        for stored in raw.read(store.get(listed.key).body):
            try:
                yield _read(stored, listed.key)
            except (KeyError, TypeError, ValueError) as error:
                logger.warning("%s at %d is left out: %r", listed.key, stored.offset, error)


def _read(stored: raw.Stored, key: str) -> Reread:
    about = stored.about
    config = SourceConfig(about["source"], about["kind"], about["address"], about["fields"])
    reading = sources.load(config.kind).read(stored.page, config)
    place = Raw(key, stored.offset, stored.sha256)
    found: list[PostScraped] = []
    skips = list(reading.skips)
    for posting in reading.postings:
        made = posts.make(posting, stored.page, config, about["project"], about["trace_id"])
        if isinstance(made, Skip):
            skips.append(made)
        else:
            found.append(replace(made.post, raw=place))
    before = {(post_id, language): revision for post_id, language, revision in about["posts"]}
    return Reread(stored.page.url, found, skips, before)
