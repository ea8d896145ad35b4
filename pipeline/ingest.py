"""Posts into the ingest queue, each revision once: read, claim, send, mark as sent.

A crash after the claim lets it run out, and the post comes again with the next crawl. A crash after sending sends it
twice, and the consumer ignores the copy. A post is never marked as sent that the queue did not confirm. Only the newest
text of a post and language is remembered for good: an older one that is offered again may be sent once more.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from pipeline.messages import MessageRefused, message
from pipeline.ports import Message, ObjectStore, SeenPosts, Sender, StoreUnavailable
from pipeline.schema import PostScraped

PORTION = 10  # posts claimed before they are sent: few enough that no claim runs out, a full batch of SQS


@dataclass
class Report:
    """What became of the posts; each is in exactly one place.

    `new`, `changed`, `late`: sent, and marked so (`late`: an older text that arrived after a newer one).
    `unchanged`: sent before. `busy`: another worker holds the claim and is sending it. `failed`: comes again.
    """

    new: list[PostScraped] = field(default_factory=list)
    changed: list[PostScraped] = field(default_factory=list)
    late: list[PostScraped] = field(default_factory=list)
    unchanged: list[PostScraped] = field(default_factory=list)
    busy: list[PostScraped] = field(default_factory=list)
    failed: list[tuple[PostScraped, str]] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return len(self.new) + len(self.changed) + len(self.late)

    def counts(self) -> Counter[str]:
        return Counter({name: len(getattr(self, name)) for name in self.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class _Claimed:
    post: PostScraped
    row: str  # the language part of the row's key
    claim_id: str
    kind: str  # the report's list it goes to once sent


def send_new(
    posts: Iterable[PostScraped],
    seen: SeenPosts,
    queue: Sender,
    store: ObjectStore,
    new_claim_id: Callable[[], str] = lambda: uuid.uuid4().hex,
) -> Report:
    """Sends what has not been sent; raises nothing for a store that is away: those posts are in `failed`.

    `store`: the posts bucket, for texts too large for a message.
    """
    report = Report()
    for portion in _portions(posts):
        claimed: list[tuple[_Claimed, Message]] = []
        for post in portion:
            try:
                if found := _claim(post, seen, new_claim_id(), report):
                    claimed.append((found, message(store, post.to_json(), post.trace_id)))
            except (StoreUnavailable, MessageRefused) as error:
                report.failed.append((post, str(error)))
        unsent = set(queue.send([one for _, one in claimed])) if claimed else set()
        for position, (one, _) in enumerate(claimed):
            if position in unsent:
                report.failed.append((one.post, "the queue did not confirm it"))
                continue
            try:
                seen.mark_sent(one.post.project, one.post.post_id, one.row, one.claim_id)
            except StoreUnavailable as error:
                # It was sent all the same; unmarked, it comes again and is ignored as a copy.
                report.failed.append((one.post, str(error)))
                continue
            getattr(report, one.kind).append(one.post)
    return report


def _claim(post: PostScraped, seen: SeenPosts, claim_id: str, report: Report) -> _Claimed | None:
    """The claim, or None with the post in its place of the report."""
    row = post.language
    found = seen.read(post.project, post.post_id, row)
    kind = "new" if found is None or found.revision == post.revision else "changed"
    if found and found.revision != post.revision and found.fetched_at >= post.fetched_at:
        # Older than what is known: recorded once under a row of its own, so that the newer one stays known.
        row, kind = f"{post.language}@{post.revision[:16]}", "late"
        found = seen.read(post.project, post.post_id, row)
    if found and found.state == "sent" and found.revision == post.revision:
        report.unchanged.append(post)
        return None
    if seen.claim(post.project, post.post_id, row, post.revision, post.fetched_at, claim_id):
        return _Claimed(post, row, claim_id, kind)
    report.busy.append(post)
    return None


def _portions(posts: Iterable[PostScraped]) -> Iterator[Sequence[PostScraped]]:
    source = iter(posts)
    while portion := list(islice(source, PORTION)):
        yield portion
