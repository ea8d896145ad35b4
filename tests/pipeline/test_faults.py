"""Whatever fails between two steps of a post, it is neither lost nor doubled at the end."""

import contextlib
from collections import Counter

import pytest

from pipeline.ports import CLAIM_SECONDS, Message, StoreUnavailable
from pipeline.schema import PostReady, PostScraped
from tests.pipeline.faults import KINDS, Faulty
from tests.pipeline.interleaving import Killed
from tests.pipeline.mill import Mill, post

PORTS = ("posts", "labels", "seen", "ingest", "topic", "ingest-read", "archive-read")


class Drive:
    """A mill whose ports go wrong as planned, its workers started again whenever they are killed."""

    def __init__(self) -> None:
        self.calls: Counter[tuple[str, str]] = Counter()
        self.planned: dict[tuple[str, str, int], str] = {}  # port, method, ordinal of the call → kind
        self.every: dict[tuple[str, str], int] = {}  # port, method → each which call fails, by each kind in turn
        self.hit: set[tuple[str, str, str]] = set()
        self.mill = Mill(**{name: self._wrap(name) for name in PORTS})
        self.taken: dict[tuple[str, ...], PostReady] = {}

    def _wrap(self, name: str):  # type: ignore[no-untyped-def]
        return lambda port: Faulty(name, port, self._choose, self.calls)

    def _choose(self, port: str, method: str) -> str | None:
        ordinal, every = self.calls[port, method], self.every.get((port, method), 0)
        kind = self.planned.pop((port, method, ordinal), None)
        if every and ordinal % every == 0:
            kind = KINDS[ordinal // every % len(KINDS)]
        if kind:
            self.hit.add((port, method, kind))
        return kind

    def turn(self, *posts: PostScraped) -> None:
        """One crawl of the posts, and one batch of each stage; who is killed or fails is not told to the others."""
        for work in (lambda: self.mill.scrape(*posts), self.mill.preprocess, self.mill.store):
            with contextlib.suppress(StoreUnavailable):
                try:
                    work()
                except Killed:
                    self.mill.start_again()
        for ready in self.mill.inbox():
            self.taken[ready.identity] = ready  # a consumer knows a repeat by its identity

    def until_quiet(self, *posts: PostScraped) -> None:
        """Crawls and turns, time going by, until nothing is on its way and every post was crawled again."""
        for _ in range(4):
            self.mill.clock.forward(CLAIM_SECONDS)
            self.turn(*posts)
        while any(sum(self.mill.queues[name].depth()) for name in ("ingest", "archive")):
            self.mill.clock.forward(61)
            for _ in range(250):
                self.turn()


def all_calls(posts: list[PostScraped]) -> Counter[tuple[str, str]]:
    """What a run without faults calls."""
    drive = Drive()
    drive.turn(*posts)
    return drive.calls


CALLS = all_calls([post(1, "word " * 39_000)])  # one that goes by the bucket: the longest way


def test_the_way_of_a_post_takes_all_the_steps_that_can_fail() -> None:
    assert {port for port, _ in CALLS} == set(PORTS)
    assert {("seen", "claim"), ("ingest", "send"), ("seen", "mark_sent"), ("topic", "send")} <= set(CALLS)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("port", "method", "ordinal"),
    [(port, method, ordinal) for (port, method), count in CALLS.items() for ordinal in range(1, count + 1)],
)
def test_a_fault_at_any_step_neither_loses_nor_doubles_a_post(port: str, method: str, ordinal: int, kind: str) -> None:
    drive = Drive()
    one = post(1, "word " * 39_000)
    drive.planned[port, method, ordinal] = kind
    drive.turn(one)
    drive.until_quiet(one)
    assert drive.hit == {(port, method, kind)}
    assert [ready.post for ready in drive.taken.values()] == [one]
    assert {PostReady.from_json(row).identity for row in drive.mill.archived()} == set(drive.taken)
    assert [dead.depth() for dead in drive.mill.dead.values()] == [(0, 0)] * 3


def test_two_thousand_posts_arrive_while_every_call_fails_in_turn() -> None:
    drive = Drive()
    posts = [post(number, f"Nurse number {number} for ward {number % 17}") for number in range(2_000)]
    poison = [f'{{"poison": {number}}}' for number in range(20)]
    steps = all_calls([posts[0]])
    # What a worker reads once in its life fails every fourth time, or it would never do.
    drive.every = {step: 4 if step in {("labels", "get"), ("posts", "get")} else 23 for step in steps}
    for at in range(0, len(posts), 10):
        if at % 100 == 0:
            drive.mill.queues["ingest"].send([Message(poison[at // 100], {"trace_id": f"poison-{at}"})])
        drive.turn(*posts[at : at + 10])
        drive.mill.clock.forward(7)
    drive.every.clear()
    drive.until_quiet(*posts)
    assert drive.hit == {(*step, kind) for step in steps for kind in KINDS}, "not every fault was met"
    assert {ready.post.external_id for ready in drive.taken.values()} == {one.external_id for one in posts}
    assert len(drive.taken) == 2_000
    assert {PostReady.from_json(row).identity for row in drive.mill.archived()} == set(drive.taken)
    dead = drive.mill.dead["ingest"]
    assert sorted(one.body for _ in range(5) for one in dead.receive()) == sorted(poison)
    assert [drive.mill.dead[name].depth() for name in ("archive", "labeling")] == [(0, 0)] * 2
