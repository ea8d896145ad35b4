"""What the archive of a project holds, as far as a replay must know: small enough to keep for a million posts."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from pipeline.schema import Json, PostReady, PostRefused, PostScraped, SchemaError

Pair = tuple[str, str]


@dataclass
class Catalog:
    """`known`: (post_id, revision) that were prepared or refused, whenever. `done`: those by `preparation`.

    `current`: for (post_id, language) the newest fetched_at with its revision.
    """

    preparation: str = ""
    known: set[Pair] = field(default_factory=set)
    done: set[Pair] = field(default_factory=set)
    current: dict[Pair, Pair] = field(default_factory=dict)

    def add(self, rows: Iterable[Json]) -> None:
        for row in rows:
            text = row["post_id"], row["revision"]
            self.known.add(text)
            if row["preparation"] == self.preparation:
                self.done.add(text)
            place, version = (row["post_id"], row["language"]), (row["fetched_at"], row["revision"])
            self.current[place] = max(self.current.get(place, ("", "")), version)

    def is_due(self, post: PostScraped) -> bool:
        """True for a current text that the preparation has not seen."""
        newest = self.current[post.post_id, post.language]
        return newest == (post.fetched_at, post.revision) and (post.post_id, post.revision) not in self.done


def scraped(row: Json) -> PostScraped:
    """The post within a row of the archive, as it was scraped."""
    if row.get("schema") == PostRefused.SCHEMA:
        return PostRefused.from_json(row).post
    if row.get("schema") == PostReady.SCHEMA:
        return PostReady.from_json(row).post
    raise SchemaError(f"field 'schema': given {row.get('schema')!r:.60}, allowed: what an archive object holds")
