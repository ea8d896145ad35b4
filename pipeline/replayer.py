"""Archived posts through preprocess again, at a bounded rate, and from where the last run was broken off."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipeline import archive
from pipeline.messages import dumps, loads, message
from pipeline.ports import Listed, ObjectMissing, ObjectStore, Sender
from pipeline.schema import Json, PostReady, PostRefused, PostScraped, SchemaError

PORTION = 10  # posts in a call of SQS


Pair = tuple[str, str]


@dataclass
class ArchiveIndex:
    """What the archive of a project holds, as far as a replay must know: small enough to keep for a million posts.

    `known`: (post_id, revision) that were prepared or refused, whenever. `done`: those by `preparation`.

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


class ReplayFailed(RuntimeError):
    """The replay cannot go on; says why. What was sent stays sent, and another run goes on from there."""


@dataclass
class Pace:
    """Sends so many posts a second at most; with `queue` None it only counts."""

    queue: Sender | None
    store: ObjectStore
    rate: float
    wait: Callable[[float], None] = time.sleep
    sent: int = 0
    _held: list[PostScraped] = field(default_factory=list)

    def add(self, post: PostScraped) -> None:
        self._held.append(post)
        if len(self._held) == PORTION:
            self.flush()

    def flush(self) -> None:
        """Sends what is held. Raises `ReplayFailed` when the queue does not take it."""
        held, self._held = self._held, []
        if self.queue is not None and held:
            unsent = self.queue.send([message(self.store, post.to_json(), post.trace_id) for post in held])
            if unsent:
                raise ReplayFailed(f"the queue did not take {len(unsent)} of {len(held)} posts; run this again")
            self.wait(len(held) / self.rate)
        self.sent += len(held)


@dataclass
class Checkpoint:
    """The last archive object whose posts were all sent, kept in the posts bucket while a replay goes on."""

    store: ObjectStore
    project: str
    preparation: str

    @property
    def key(self) -> str:
        return f"handoff/replay/{self.project}.json"

    def read(self) -> str:
        """The object's key; empty where no replay to this preparation was broken off."""
        try:
            found = loads(self.store.get(self.key).body)
        except ObjectMissing:
            return ""
        return str(found["after"]) if found["preparation"] == self.preparation else ""

    def write(self, after: str) -> None:
        self.store.put(self.key, dumps({"preparation": self.preparation, "after": after}))

    def remove(self) -> None:
        self.store.delete(self.key)


Progress = Callable[[Iterable[Listed], str], Iterable[Listed]]


def replay(
    posts: ObjectStore,
    project: str,
    index: ArchiveIndex,
    pace: Pace,
    checkpoint: Checkpoint | None,
    look: Callable[[PostScraped], None],
    progress: Progress = lambda listed, what: listed,
) -> dict[str, Exception]:
    """Sends each current post of the archive that `index.preparation` has not seen, refused ones too.

    Returns the objects that could not be read, by key, and why.

    `look` is shown each post before it is sent. `checkpoint` None: nothing is remembered (a dry run).
    """
    listed = [*archive.objects(posts, archive.POSTS, project), *archive.objects(posts, archive.REFUSED, project)]
    broken: dict[str, Exception] = {}
    for _, rows in archive.rows(posts, progress(listed, "reading"), broken.__setitem__):
        index.add(rows)
    after = checkpoint.read() if checkpoint else ""
    rest = [one for one in listed if one.key > after and one.key not in broken]
    for key, rows in archive.rows(posts, progress(rest, "sending")):
        for row in rows:
            post = scraped(row)
            if index.is_due(post):
                look(post)
                pace.add(post)
                index.done.add((post.post_id, post.revision))
        pace.flush()
        if checkpoint:
            checkpoint.write(key)
    if checkpoint:
        checkpoint.remove()
    return broken


def send_missing(found: Iterable[PostScraped], indexes: Callable[[str], ArchiveIndex], pace: Pace) -> int:
    """Sends the posts whose texts neither archive nor refused posts hold; returns how many posts were looked at."""
    count = 0
    for post in found:
        count += 1
        known = indexes(post.project).known
        if (post.post_id, post.revision) not in known:
            known.add((post.post_id, post.revision))
            pace.add(post)
    pace.flush()
    return count
