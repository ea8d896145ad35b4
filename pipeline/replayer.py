"""Archived posts through preprocess again, at a bounded rate, and from where the last run was broken off."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from pipeline import archive
from pipeline.catalog import Catalog, scraped
from pipeline.messages import dumps, loads, message
from pipeline.ports import Listed, ObjectMissing, ObjectStore, Sender
from pipeline.schema import PostScraped

PORTION = 10  # posts in a call of SQS


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
    catalog: Catalog,
    pace: Pace,
    checkpoint: Checkpoint | None,
    look: Callable[[PostScraped], None],
    progress: Progress = lambda listed, what: listed,
) -> dict[str, Exception]:
    """Sends each current post of the archive that `catalog.preparation` has not seen, refused ones too.

    Returns the objects that could not be read, by key, and why.

    `look` is shown each post before it is sent. `checkpoint` None: nothing is remembered (a dry run).
    """
    listed = [*archive.objects(posts, archive.POSTS, project), *archive.objects(posts, archive.REFUSED, project)]
    broken: dict[str, Exception] = {}
    for _, rows in archive.rows(posts, progress(listed, "reading"), broken.__setitem__):
        catalog.add(rows)
    after = checkpoint.read() if checkpoint else ""
    rest = [one for one in listed if one.key > after and one.key not in broken]
    for key, rows in archive.rows(posts, progress(rest, "sending")):
        for row in rows:
            post = scraped(row)
            if catalog.is_due(post):
                look(post)
                pace.add(post)
                catalog.done.add((post.post_id, post.revision))
        pace.flush()
        if checkpoint:
            checkpoint.write(key)
    if checkpoint:
        checkpoint.remove()
    return broken


def send_missing(found: Iterable[PostScraped], catalogs: Callable[[str], Catalog], pace: Pace) -> int:
    """Sends the posts whose texts neither archive nor refused posts hold; returns how many posts were looked at."""
    count = 0
    for post in found:
        count += 1
        known = catalogs(post.project).known
        if (post.post_id, post.revision) not in known:
            known.add((post.post_id, post.revision))
            pace.add(post)
    pace.flush()
    return count
