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
    `unchanged`: sent before. `failed`, with the reason: not known to be sent; offer it again, since a worker that holds
    its claim may have been killed.
    """

    new: list[PostScraped] = field(default_factory=list)
    changed: list[PostScraped] = field(default_factory=list)
    late: list[PostScraped] = field(default_factory=list)
    unchanged: list[PostScraped] = field(default_factory=list)
    failed: list[tuple[PostScraped, str]] = field(default_factory=list)

    @property
    def sent(self) -> int:
        return len(self.new) + len(self.changed) + len(self.late)

    def counts(self) -> Counter[str]:
        return Counter({name: len(getattr(self, name)) for name in self.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class _Claim:
    post: PostScraped
    row: str  # the language part of the row's key
    id: str
    kind: str  # the report's list it goes to once sent
    won: bool

    @property
    def text(self) -> tuple[str, str, str, str]:
        return self.post.project, self.post.post_id, self.row, self.post.revision


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
        won: list[tuple[_Claim, Message]] = []
        lost: list[_Claim] = []
        for post in portion:
            try:
                claim = _claim(post, seen, new_claim_id())
                if claim is None:
                    report.unchanged.append(post)
                elif claim.won:
                    won.append((claim, message(store, post.to_json(), post.trace_id)))
                else:
                    lost.append(claim)
            except (StoreUnavailable, MessageRefused) as error:
                report.failed.append((post, str(error)))
        sent = _send(won, seen, queue, report)
        for claim in lost:
            # A site may show a posting under two addresses: then it was this very portion that claimed and sent it.
            if claim.text in sent:
                report.unchanged.append(claim.post)
            else:
                report.failed.append((claim.post, "another worker has claimed it"))
    return report


def _send(won: Sequence[tuple[_Claim, Message]], seen: SeenPosts, queue: Sender, report: Report) -> set[object]:
    """The texts that were sent and marked so."""
    unsent = set(queue.send([one for _, one in won])) if won else set()
    sent: set[object] = set()
    for position, (claim, _) in enumerate(won):
        if position in unsent:
            report.failed.append((claim.post, "the queue did not confirm it"))
            continue
        try:
            # False where the claim was taken over meanwhile: then it was sent twice, which does no harm.
            seen.mark_sent(claim.post.project, claim.post.post_id, claim.row, claim.id)
        except StoreUnavailable as error:
            # It was sent all the same; unmarked, it comes again and is ignored as a copy.
            report.failed.append((claim.post, str(error)))
            continue
        getattr(report, claim.kind).append(claim.post)
        sent.add(claim.text)
    return sent


def _claim(post: PostScraped, seen: SeenPosts, claim_id: str) -> _Claim | None:
    """None where the text was sent before."""
    row = post.language
    found = seen.read(post.project, post.post_id, row)
    kind = "new" if found is None or found.revision == post.revision else "changed"
    if found and found.revision != post.revision and found.fetched_at >= post.fetched_at:
        # Older than what is known: recorded once under a row of its own, so that the newer one stays known.
        row, kind = f"{post.language}@{post.revision[:16]}", "late"
        found = seen.read(post.project, post.post_id, row)
    if found and found.state == "sent" and found.revision == post.revision:
        return None
    won = seen.claim(post.project, post.post_id, row, post.revision, post.fetched_at, claim_id)
    return _Claim(post, row, claim_id, kind, won)


def _portions(posts: Iterable[PostScraped]) -> Iterator[Sequence[PostScraped]]:
    source = iter(posts)
    while portion := list(islice(source, PORTION)):
        yield portion
