"""Hands posts to the pipeline, each revision once."""

import json
from collections.abc import Sequence
from uuid import uuid4

from pipeline.ports import Clock, Message, ObjectStore, SeenPosts, Sender
from pipeline.schema import Handoff, PostScraped
from scraper.outbox import Delivered

LARGE = 200_000  # bytes of a message; a larger one is an object, and its key is sent


class Delivery:
    def __init__(self, seen: SeenPosts, queue: Sender, store: ObjectStore, clock: Clock) -> None:
        self.seen = seen
        self.queue = queue
        self.store = store
        self.clock = clock

    @staticmethod
    def nothing(posts: Sequence[PostScraped]) -> Delivered:
        return Delivered(0, 0, 0, frozenset())

    def fresh(self, post: PostScraped) -> bool:
        row = self.seen.read(post.project, post.post_id, post.language)
        return not (row and row.state == "sent" and row.revision == post.revision)

    def deliver(self, posts: Sequence[PostScraped]) -> Delivered:
        claim = uuid4().hex
        new = changed = unchanged = 0
        mine: list[PostScraped] = []
        for post in posts:
            row = self.seen.read(post.project, post.post_id, post.language)
            if (row and row.state == "sent" and row.revision == post.revision) or not self.seen.claim(
                post.project, post.post_id, post.language, post.revision, post.fetched_at, claim
            ):
                unchanged += 1
                continue
            mine.append(post)
            new += row is None
            changed += row is not None
        unsent = set(self.queue.send([self._message(post) for post in mine]))
        for at, post in enumerate(mine):
            if at not in unsent:
                self.seen.mark_sent(post.project, post.post_id, post.language, claim)
        return Delivered(new, changed, unchanged, frozenset(mine[at].post_id for at in unsent))

    def _message(self, post: PostScraped) -> Message:
        body = json.dumps(post.to_json(), ensure_ascii=False)
        if len(body.encode()) > LARGE:
            key = f"handoff/{post.post_id}-{post.revision}.json"
            self.store.put(key, body.encode())
            body = json.dumps(Handoff(key).to_json())
        return Message(body, {"trace_id": post.trace_id})
