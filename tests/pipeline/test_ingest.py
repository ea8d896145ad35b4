"""A post is sent once; a crash at any moment delays it, and never loses it."""

import contextlib
import itertools
import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from pipeline.ingest import Report, send_new
from pipeline.ports import CLAIM_SECONDS, Message, StoreUnavailable
from pipeline.schema import PostScraped
from tests.fakes.memory import MemoryClock, MemoryQueue, MemorySeen, MemoryStore
from tests.pipeline.interleaving import Killed, run, schedules
from tests.pipeline.mill import post

T1, T2, T3 = (f"2026-01-0{day}T00:00:00.000000Z" for day in (1, 2, 3))


class World:
    def __init__(self) -> None:
        self.clock = MemoryClock()
        self.seen = MemorySeen(self.clock)
        self.queue = MemoryQueue(self.clock)
        self.store = MemoryStore()

    def crawl(self, *posts: PostScraped, guard: Callable[[Any], Any] = lambda port: port) -> Report:
        return send_new(posts, guard(self.seen), guard(self.queue), self.store)

    def sent(self) -> Counter[tuple[str, str]]:
        """(language, text) of all messages."""
        found: Counter[tuple[str, str]] = Counter()
        while got := self.queue.receive(visibility_seconds=10**7):
            for one in got:
                read = PostScraped.from_json(json.loads(one.body))
                found[read.language, read.text] += 1
        return found


class TestReport:
    def test_a_post_is_new_once_then_unchanged(self) -> None:
        world = World()
        assert world.crawl(post(1)).counts()["new"] == 1
        assert world.crawl(post(1, fetched_at=T2)).counts()["unchanged"] == 1
        assert world.sent().total() == 1

    def test_a_changed_text_is_sent_and_an_older_one_that_comes_late_too_each_once(self) -> None:
        world = World()
        old, new = post(1, "old", fetched_at=T1), post(1, "new", fetched_at=T2)
        assert world.crawl(new).counts()["new"] == 1
        assert world.crawl(old).counts()["late"] == 1
        assert world.crawl(old, new).counts()["unchanged"] == 2
        assert world.crawl(post(1, "newest", fetched_at=T3)).counts()["changed"] == 1
        assert world.sent() == {("en", "old"): 1, ("en", "new"): 1, ("en", "newest"): 1}

    @pytest.mark.parametrize("turn", range(6))
    def test_any_order_of_texts_records_each_once(self, turn: int) -> None:
        texts = [post(1, text, fetched_at=at) for text, at in (("a", T1), ("b", T2), ("c", T3))]
        world = World()
        for one in list(itertools.permutations(texts))[turn]:
            world.crawl(one)
        assert sorted(world.sent().values()) == [1, 1, 1]

    def test_texts_of_one_moment_are_each_sent(self) -> None:
        world = World()
        world.crawl(post(1, "one", fetched_at=T1), post(1, "two", fetched_at=T1))
        assert world.sent() == {("en", "one"): 1, ("en", "two"): 1}

    def test_languages_of_a_post_are_two_texts(self) -> None:
        world = World()
        world.crawl(post(1, "hello"), post(1, "bonjour", language="fr"))
        assert world.crawl(post(1, "hello"), post(1, "bonjour", language="fr")).counts()["unchanged"] == 2

    def test_what_the_queue_does_not_confirm_is_failed_and_comes_again(self) -> None:
        world = World()

        class Half:
            def send(self, messages: Sequence[Message]) -> list[int]:
                world.queue.send(messages[::2])
                return list(range(1, len(messages), 2))

        posts = [post(number) for number in range(25)]
        report = send_new(posts, world.seen, Half(), world.store)
        assert (report.counts()["new"], report.counts()["failed"]) == (13, 12)
        assert world.crawl(*posts).counts() == {
            "new": 0, "changed": 0, "late": 0, "unchanged": 13, "failed": 12,
        }  # fmt: skip
        world.clock.forward(CLAIM_SECONDS)
        assert world.crawl(*posts).counts()["new"] == 12
        assert world.sent().total() == 25

    def test_a_posting_under_two_addresses_is_sent_once_and_known_the_second_time(self) -> None:
        world = World()
        counts = world.crawl(post(1), post(2), post(1, url="https://example.org/other")).counts()
        assert (counts["new"], counts["unchanged"], counts["failed"]) == (2, 1, 0)

    def test_what_another_worker_has_claimed_is_not_taken_for_sent(self) -> None:
        world = World()
        one = post(1)
        world.seen.claim(one.project, one.post_id, one.language, one.revision, one.fetched_at, "killed since")
        assert world.crawl(one).failed == [(one, "another worker has claimed it")]
        world.clock.forward(CLAIM_SECONDS)
        assert world.crawl(one).counts()["new"] == 1

    def test_a_store_that_is_away_fails_the_posts_and_not_the_crawl(self) -> None:
        world = World()

        class Away(MemorySeen):
            def read(self, project: str, post_id: str, language: str) -> None:
                raise StoreUnavailable("GetItem seen: away")

        report = send_new([post(1), post(2)], Away(world.clock), world.queue, world.store)
        assert [reason for _, reason in report.failed] == ["GetItem seen: away"] * 2


def worker(world: World, one: PostScraped) -> Callable[[Callable[[Any], Any]], None]:
    def work(guard: Callable[[Any], Any]) -> None:
        world.crawl(one, guard=guard)

    return work


PAIRS = {
    "the same text": (post(1, "a", fetched_at=T1), post(1, "a", fetched_at=T2)),
    "two revisions": (post(1, "a", fetched_at=T1), post(1, "b", fetched_at=T2)),
    "two languages": (post(1, "a"), post(1, "b", language="fr")),
}


@pytest.mark.parametrize("pair", PAIRS.values(), ids=PAIRS.keys())
@pytest.mark.parametrize(
    ("kills", "late"),
    [
        pytest.param(0, False, id="no crash"),
        pytest.param(1, False, id="a crash"),
        pytest.param(2, False, id="two crashes"),
        pytest.param(0, True, id="no crash, claims run out"),
        pytest.param(1, True, id="a crash, claims run out", marks=pytest.mark.slow),
        pytest.param(2, True, id="two crashes, claims run out", marks=pytest.mark.slow),
    ],
)
def test_every_interleaving_of_two_workers(pair: tuple[PostScraped, PostScraped], kills: int, late: bool) -> None:
    """Never lost; without a crash and within the claim's time sent exactly once; never more than three times.

    The older of two texts may come a second time: its row was taken by the newer one before it was marked.
    """
    tried = 0
    world = World()

    def try_one(schedule: Sequence[int]) -> list[int]:
        nonlocal world
        world = World()
        works = [worker(world, one) for one in pair]
        if late:  # a third worker of one step: time goes by
            works.append(lambda guard: guard(world.clock).forward(CLAIM_SECONDS))
        return run(works, schedule, kills)

    for schedule in schedules(try_one):
        tried += 1
        world.clock.forward(CLAIM_SECONDS)
        world.crawl(*pair)  # the next crawl sees both again
        world.clock.forward(CLAIM_SECONDS)
        world.crawl(*pair)
        sent = world.sent()
        wanted = {(one.language, one.text) for one in pair}
        assert set(sent) == wanted, schedule
        assert max(sent.values()) <= 3, schedule
        if not kills and not late:
            newest = pair[1].language, pair[1].text
            assert sent[newest] == 1, schedule
            assert pair is PAIRS["two revisions"] or set(sent.values()) == {1}, schedule
    assert tried >= 24


class Protocol(RuleBasedStateMachine):
    """Crawls of many revisions and languages, with calls that fail before or after their effect, and with crashes."""

    @initialize()
    def begin(self) -> None:
        self.world = World()
        self.faults = 0
        self.moment = 0
        self.offered: dict[tuple[int, str], PostScraped] = {}

    @rule(
        number=st.integers(1, 2),
        language=st.sampled_from(["en", "fr"]),
        text=st.sampled_from("abc"),
        age=st.integers(0, 2),
        fault=st.sampled_from(["none", "none", "refused", "unheard", "killed before", "killed after"]),
        call=st.integers(0, 4),
    )
    def crawl(self, number: int, language: str, text: str, age: int, fault: str, call: int) -> None:
        self.moment += 1
        at = f"2026-01-01T00:{max(self.moment - age, 0):02d}:00.000000Z" if self.moment < 60 else T3
        one = post(number, text, language=language, fetched_at=at)
        place = number, language
        if place not in self.offered or self.offered[place].fetched_at <= at:
            self.offered[place] = one
        self.faults += fault != "none"
        calls = iter(range(100))

        def guard(port: Any) -> Any:
            return Faulty(port, lambda: fault if next(calls) == call else "none")

        with contextlib.suppress(Killed):
            self.world.crawl(one, guard=guard)

    @rule(seconds=st.sampled_from([1, CLAIM_SECONDS]))
    def time_goes_by(self, seconds: int) -> None:
        self.world.clock.forward(seconds)

    @invariant()
    def nothing_is_sent_that_was_not_offered(self) -> None:
        assert self.world.queue.depth()[0] <= 100 * (self.moment + 1)

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        for _ in range(2):
            self.world.clock.forward(CLAIM_SECONDS)
            self.world.crawl(*self.offered.values())
        sent = self.world.sent()
        for (_, language), one in self.offered.items():
            assert sent[language, one.text] >= 1
        if not self.faults:
            # Each change of text is one message: a text may come back, no faultless crawl repeats one.
            assert sent.total() <= self.moment


class Faulty:
    """A port one of whose calls goes wrong."""

    def __init__(self, port: Any, fault: Callable[[], str]) -> None:
        self._port = port
        self._fault = fault

    def __getattr__(self, name: str) -> Any:
        call = getattr(self._port, name)

        def faulty(*args: Any) -> Any:
            fault = self._fault()
            if fault == "killed before":
                raise Killed
            if fault == "refused":
                if name == "send":
                    return list(range(len(args[0])))
                raise StoreUnavailable(name)
            answer = call(*args)
            if fault == "killed after":
                raise Killed
            if fault == "unheard":
                if name == "send":
                    return list(range(len(args[0])))
                raise StoreUnavailable(name)
            return answer

        return faulty


Protocol.TestCase.settings = hypothesis_settings(max_examples=150, stateful_step_count=20, deadline=None)
TestProtocol = Protocol.TestCase
