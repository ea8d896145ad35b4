"""What failed for good is found with its reason, and goes back where it failed."""

import orjson
import pytest

from pipeline import failures
from pipeline.commands import redrive
from pipeline.dead_letters import Filter, drop, letters, move
from pipeline.ports import Message, Received, StoreUnavailable
from tests.fakes.memory import MemoryClock, MemoryQueue, MemoryStore
from tests.pipeline.mill import Mill, post, settings


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock()


@pytest.fixture
def dead(clock: MemoryClock) -> MemoryQueue:
    queue = MemoryQueue(clock)
    queue.send([Message(f'{{"post_id": "p{n}", "schema": "x/1"}}', {"trace_id": f"t{n}"}) for n in range(25)])
    return queue


@pytest.fixture
def notes() -> MemoryStore:
    store = MemoryStore()
    for number in (1, 2):
        failures.keep(store, failures.note(f"m{number}", ValueError(f"reason {number}"), "", "", 5, "ingest"))
    return store


def test_every_message_is_shown_once_and_stays(dead: MemoryQueue, notes: MemoryStore) -> None:
    shown = [letter.to_json() for letter in letters(dead, notes, Filter())]
    assert [one["post_id"] for one in shown] == [f"p{n}" for n in range(25)]
    assert [one["reason"] for one in shown[:3]] == ["ValueError: reason 1", "ValueError: reason 2", ""]
    assert dead.depth() == (25, 0)


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (Filter(id="m3"), ["p2"]),
        (Filter(trace_id="t7"), ["p7"]),
        (Filter(text='"p12"'), ["p12"]),
        (Filter(reason="reason 2"), ["p1"]),
        (Filter(reason="reason", text='"p0"'), ["p0"]),
        (Filter(id="m3", trace_id="t7"), []),
    ],
)
def test_filters_must_all_hold(dead: MemoryQueue, notes: MemoryStore, wanted: Filter, found: list[str]) -> None:
    assert [letter.to_json()["post_id"] for letter in letters(dead, notes, wanted)] == found


def test_what_is_moved_is_gone_and_what_is_not_stays(dead: MemoryQueue, notes: MemoryStore, clock: MemoryClock) -> None:
    target = MemoryQueue(clock)
    moved = [move(letter, dead, target) for letter in letters(dead, notes, Filter(text='"p1'))]
    assert moved == [True] * 11
    assert (dead.depth(), target.depth()) == ((14, 0), (11, 0))
    assert target.receive()[0].attributes == {"trace_id": "t1"}


def test_what_is_dropped_is_gone_and_kept_in_the_bucket(dead: MemoryQueue, notes: MemoryStore) -> None:
    for letter in letters(dead, notes, Filter(id="m2")):
        drop(letter, dead, notes, "ingest", "sent twice", "2026-01-01T00:00:00.000000Z")
    assert dead.depth() == (24, 0)
    kept = orjson.loads(notes.get("refused/dropped/m2.json").body)
    assert (kept["queue"], kept["because"], kept["reason"]) == ("ingest", "sent twice", "ValueError: reason 2")
    assert (kept["body"], kept["attributes"]) == ('{"post_id": "p1", "schema": "x/1"}', {"trace_id": "t1"})


def test_what_cannot_be_kept_is_not_dropped(dead: MemoryQueue, notes: MemoryStore) -> None:
    class Away(MemoryStore):
        def put(self, key: str, body: bytes, content_type: str = "") -> None:
            raise StoreUnavailable("away")

    found = letters(dead, notes, Filter(id="m1"))
    with pytest.raises(StoreUnavailable):
        drop(next(found), dead, Away(), "ingest", "because", "")
    del found
    assert dead.depth() == (25, 0)


@pytest.mark.parametrize("given", [[], ["--because", " "]])
def test_nothing_is_dropped_without_a_reason(given: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        redrive.main(["drop", "work", *given])
    assert "--because" in capsys.readouterr().err


def test_what_its_queue_does_not_take_stays(dead: MemoryQueue, notes: MemoryStore) -> None:
    class Full(MemoryQueue):
        def send(self, messages: object) -> list[int]:
            return [0]

    (letter,) = letters(dead, notes, Filter(id="m1"))
    assert not move(letter, dead, Full(MemoryClock()))
    assert dead.depth() == (25, 0)


def test_a_body_that_is_no_json_is_shown_all_the_same(clock: MemoryClock, notes: MemoryStore) -> None:
    queue = MemoryQueue(clock)
    queue.send([Message("{nope")])
    (letter,) = letters(queue, notes, Filter())
    assert letter.to_json()["bytes"] == 5


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"reason": 5}'])
def test_a_note_that_is_damaged_hides_no_message(clock: MemoryClock, notes: MemoryStore, body: bytes) -> None:
    dead = MemoryQueue(clock)
    dead.send([Message("{}")])
    notes.put(failures.key("m1"), body)
    (found,) = letters(dead, notes, Filter())
    assert found.reason in ("", "5") or found.reason.startswith("unknown, its note cannot be read")


def test_fields_that_are_no_text_are_left_out_where_a_message_is_shown(clock: MemoryClock, notes: MemoryStore) -> None:
    queue = MemoryQueue(clock)
    queue.send([Message('{"post_id": "p", "title": ' + "[" * 500 + "]" * 500 + "}")])
    (letter,) = letters(queue, notes, Filter())
    assert orjson.loads(orjson.dumps(letter.to_json()))["post_id"] == "p"


def test_sqs_is_given_the_time_to_look_everywhere(dead: MemoryQueue, notes: MemoryStore) -> None:
    class Hasty(MemoryQueue):
        """As SQS: asked without a wait, it may overlook what it holds."""

        def receive(
            self, most: int = 10, wait_seconds: int = 0, visibility_seconds: int | None = None
        ) -> list[Received]:
            return super().receive(most, wait_seconds, visibility_seconds) if wait_seconds else []

    queue = Hasty(MemoryClock())
    queue.send([Message("{}")])
    assert len(list(letters(queue, notes, Filter()))) == 1


@pytest.mark.parametrize("option", ["--rate=0", "--rate=-1", "--rate=nan", "--limit=-1"])
def test_no_message_is_touched_where_an_option_is_wrong(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        redrive.main(["move", "ingest", option])
    assert "and more" in capsys.readouterr().err


def test_poison_that_was_mended_arrives_after_it_was_moved_back() -> None:
    mill = Mill()
    mill.labels_bucket.delete("projects/sample/settings.json")
    mill.scrape(post(1))
    mill.settle()
    (letter,) = letters(mill.dead["ingest"], mill.posts, Filter(reason="has no settings"))
    mill.set(settings())
    assert move(letter, mill.dead["ingest"], mill.queues["ingest"])
    mill.settle()
    assert len(mill.inbox()) == 1
    assert mill.dead["ingest"].depth() == (0, 0)
