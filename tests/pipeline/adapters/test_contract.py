"""One contract, two fillings: what the ports promise holds for memory and for AWS alike."""

import itertools
import threading
from collections.abc import Callable, Mapping

import pytest

from pipeline.adapters.aws import Clients, Credentials, DynamoSeen, S3Store, SnsTopic, SqsQueue, clients
from pipeline.adapters.messaging import MAX_BYTES, pack, size
from pipeline.ports import (
    CLAIM_SECONDS,
    Message,
    ObjectExists,
    ObjectMissing,
    ObjectStore,
    Queue,
    SeenPosts,
    Sender,
    StoreUnavailable,
)
from tests.fakes.memory import MemoryClock, MemoryQueue, MemorySeen, MemoryStore, MemoryTopic

_names = itertools.count()
BOTH = ["memory", "aws"]


@pytest.fixture(scope="session")
def bare_aws(stack: Mapping[str, str]) -> Clients:
    """The local AWS, for things that the stack does not hold: each test makes its own."""
    return clients(stack)


def _queue(aws: Clients) -> SqsQueue:
    return SqsQueue(aws.sqs, aws.sqs.create_queue(QueueName=f"q{next(_names)}")["QueueUrl"])


@pytest.fixture(params=BOTH)
def store(request: pytest.FixtureRequest) -> ObjectStore:
    if request.param == "memory":
        return MemoryStore()
    aws: Clients = request.getfixturevalue("bare_aws")
    bucket = f"bucket-{next(_names)}"
    aws.s3.create_bucket(Bucket=bucket)
    return S3Store(aws.s3, bucket)


@pytest.fixture(params=BOTH)
def queue(request: pytest.FixtureRequest) -> Queue:
    if request.param == "memory":
        return MemoryQueue(MemoryClock())
    return _queue(request.getfixturevalue("bare_aws"))


@pytest.fixture(params=BOTH)
def fan_out(request: pytest.FixtureRequest) -> tuple[Sender, list[Queue]]:
    """A topic and the two queues that subscribe to it."""
    if request.param == "memory":
        queues = [MemoryQueue(MemoryClock()), MemoryQueue(MemoryClock())]
        return MemoryTopic(*queues), list(queues)
    aws: Clients = request.getfixturevalue("bare_aws")
    arn = aws.sns.create_topic(Name=f"t{next(_names)}")["TopicArn"]
    subscribed = [_queue(aws), _queue(aws)]
    for one in subscribed:
        found = aws.sqs.get_queue_attributes(QueueUrl=one.url, AttributeNames=["QueueArn"])["Attributes"]
        aws.sns.subscribe(
            TopicArn=arn, Protocol="sqs", Endpoint=found["QueueArn"], Attributes={"RawMessageDelivery": "true"}
        )
    return SnsTopic(aws.sns, arn), list(subscribed)


@pytest.fixture(params=BOTH)
def seen(request: pytest.FixtureRequest, clock: MemoryClock) -> SeenPosts:
    if request.param == "memory":
        return MemorySeen(clock)
    aws: Clients = request.getfixturevalue("bare_aws")
    table = f"seen-{next(_names)}"
    aws.dynamodb.create_table(
        TableName=table,
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "key", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return DynamoSeen(aws.dynamodb, table, clock)


@pytest.fixture
def clock() -> MemoryClock:
    return MemoryClock()


class TestStore:
    def test_an_object_reads_as_it_was_put(self, store: ObjectStore) -> None:
        store.put("raw/ä.json", b"\x00body")
        assert store.get("raw/ä.json").body == b"\x00body"

    def test_a_missing_object_is_told_by_every_way_of_reading(self, store: ObjectStore) -> None:
        ways: list[Callable[[], object]] = [
            lambda: store.get("no"),
            lambda: store.get_if_changed("no", '"x"'),
            lambda: store.get_range("no", 0, 1),
        ]
        for read in ways:
            with pytest.raises(ObjectMissing):
                read()

    def test_an_unchanged_object_is_not_read_again(self, store: ObjectStore) -> None:
        store.put("key", b"one")
        etag = store.get("key").etag
        assert store.get_if_changed("key", etag) is None
        store.put("key", b"two")
        changed = store.get_if_changed("key", etag)
        assert changed is not None
        assert (changed.body, changed.etag) == (b"two", store.get("key").etag)

    def test_a_taken_key_is_not_written_again(self, store: ObjectStore) -> None:
        store.put_new("key", b"first")
        with pytest.raises(ObjectExists):
            store.put_new("key", b"second")
        assert store.get("key").body == b"first"

    def test_one_of_eight_writers_wins_a_free_key(self, store: ObjectStore) -> None:
        won: list[int] = []

        def write(number: int) -> None:
            try:
                store.put_new("key", str(number).encode())
                won.append(number)
            except ObjectExists:
                pass

        threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert [str(number).encode() for number in won] == [store.get("key").body]

    def test_ranges_end_with_the_object(self, store: ObjectStore) -> None:
        store.put("key", b"0123456789")
        assert store.get_range("key", 2, 3) == b"234"
        assert store.get_range("key", 8, 99) == b"89"
        assert store.get_range("key", 10, 5) == b""
        assert store.get_range("key", 3, 0) == b""

    def test_a_listing_is_in_the_order_of_keys_and_starts_after_one(self, store: ObjectStore) -> None:
        for key in ("b/2", "a/1", "b/10", "c/1"):
            store.put(key, key.encode())
        found = list(store.list("b/"))
        assert [(one.key, one.size) for one in found] == [("b/10", 4), ("b/2", 3)]
        assert found[0].etag == store.get("b/10").etag
        assert [one.key for one in store.list("b/", start_after="b/10")] == ["b/2"]
        assert list(store.list("d/")) == []

    def test_deleting_is_silent_about_what_is_not_there(self, store: ObjectStore) -> None:
        store.put("key", b"")
        store.delete("key")
        store.delete("key")
        assert list(store.list("")) == []


class TestQueue:
    def test_a_message_is_read_with_its_attributes_and_gone_once_deleted(self, queue: Queue) -> None:
        assert queue.send([Message('{"a": "ü"}', {"trace_id": "t1", "empty": ""})]) == []
        (got,) = queue.receive()
        assert (got.body, got.attributes["trace_id"], got.receives) == ('{"a": "ü"}', "t1", 1)
        assert got.sent_at is not None
        assert queue.receive() == []
        queue.delete([got.receipt])
        assert queue.depth() == (0, 0)

    def test_a_released_message_comes_again(self, queue: Queue) -> None:
        queue.send([Message("x")])
        (first,) = queue.receive()
        assert queue.depth() == (0, 1)
        queue.release(first.receipt)
        (again,) = queue.receive()
        assert (again.id, again.receives) == (first.id, 2)

    def test_ten_at_most_are_received_of_many(self, queue: Queue) -> None:
        assert queue.send([Message(str(number)) for number in range(25)]) == []
        assert queue.depth() == (25, 0)
        got = [one for _ in range(3) for one in queue.receive(most=100)]
        assert sorted(int(one.body) for one in got) == list(range(25))
        queue.delete(one.receipt for one in got)
        assert queue.depth() == (0, 0)

    def test_what_fits_no_batch_is_not_confirmed_and_stops_nothing_else(self, queue: Queue) -> None:
        assert queue.send([Message("small"), Message("x" * (MAX_BYTES + 1)), Message("last")]) == [1]
        assert sorted(one.body for one in queue.receive()) == ["last", "small"]


class TestTopic:
    def test_each_queue_of_a_topic_gets_each_message_as_it_was_sent(self, fan_out: tuple[Sender, list[Queue]]) -> None:
        topic, queues = fan_out
        assert topic.send([Message(f'{{"n": {n}}}', {"trace_id": f"t{n}"}) for n in range(12)]) == []
        for queue in queues:
            got = queue.receive() + queue.receive()
            assert sorted((one.body, one.attributes["trace_id"]) for one in got) == sorted(
                (f'{{"n": {n}}}', f"t{n}") for n in range(12)
            )


class TestSeen:
    OLD, NEW = "2026-01-01T00:00:00.000000Z", "2026-01-02T00:00:00.000000Z"

    def test_a_post_never_seen_is_claimed_once(self, seen: SeenPosts) -> None:
        assert seen.read("p", "post", "en") is None
        assert seen.claim("p", "post", "en", "r1", self.OLD, "mine")
        assert not seen.claim("p", "post", "en", "r1", self.OLD, "theirs")
        row = seen.read("p", "post", "en")
        assert row is not None
        assert (row.revision, row.state, row.claim_id) == ("r1", "claimed", "mine")

    def test_what_was_sent_is_never_claimed_again(self, seen: SeenPosts, clock: MemoryClock) -> None:
        seen.claim("p", "post", "en", "r1", self.OLD, "mine")
        assert seen.mark_sent("p", "post", "en", "mine")
        clock.forward(CLAIM_SECONDS * 10)
        assert not seen.claim("p", "post", "en", "r1", self.NEW, "theirs")

    def test_a_claim_that_ran_out_is_taken_over_and_its_first_owner_told(
        self, seen: SeenPosts, clock: MemoryClock
    ) -> None:
        seen.claim("p", "post", "en", "r1", self.OLD, "mine")
        clock.forward(CLAIM_SECONDS)
        assert seen.claim("p", "post", "en", "r1", self.OLD, "theirs")
        assert not seen.mark_sent("p", "post", "en", "mine")
        assert seen.mark_sent("p", "post", "en", "theirs")

    @pytest.mark.parametrize("sent", [True, False])
    def test_a_newer_text_is_claimed_over_an_older_one_and_not_the_other_way(self, seen: SeenPosts, sent: bool) -> None:
        seen.claim("p", "post", "en", "r1", self.OLD, "first")
        if sent:
            seen.mark_sent("p", "post", "en", "first")
        assert seen.claim("p", "post", "en", "r2", self.NEW, "second")
        assert not seen.claim("p", "post", "en", "r1", self.OLD, "third")

    def test_languages_and_projects_are_seen_apart(self, seen: SeenPosts) -> None:
        assert seen.claim("p", "post", "en", "r1", self.OLD, "a")
        assert seen.claim("p", "post", "fr", "r2", self.OLD, "b")
        assert seen.claim("q", "post", "en", "r1", self.OLD, "c")

    def test_nothing_is_marked_that_was_never_claimed(self, seen: SeenPosts) -> None:
        assert not seen.mark_sent("p", "post", "en", "mine")


@pytest.fixture
def nowhere() -> Clients:
    """Clients of an address where nobody answers."""
    return clients({"ENDPOINT_URL": "http://127.0.0.1:1", "REGION": "eu-central-1"})


class TestAbsence:
    """What AWS alone can do: be away."""

    def test_a_store_that_cannot_be_reached_is_unavailable(self, nowhere: Clients) -> None:
        with pytest.raises(StoreUnavailable, match="GetObject s3://bucket/key"):
            S3Store(nowhere.s3, "bucket").get("key")

    def test_a_missing_bucket_is_not_taken_for_a_missing_object(self, bare_aws: Clients) -> None:
        with pytest.raises(StoreUnavailable, match="NoSuchBucket"):
            S3Store(bare_aws.s3, "no-such-bucket").get("key")

    def test_sending_to_a_queue_that_is_away_confirms_nothing(self, nowhere: Clients) -> None:
        queue = SqsQueue(nowhere.sqs, "http://127.0.0.1:1/000000000000/q")
        assert queue.send([Message("a"), Message("b")]) == [0, 1]

    def test_reading_a_table_or_queue_that_is_away_is_unavailable(self, nowhere: Clients) -> None:
        with pytest.raises(StoreUnavailable):
            DynamoSeen(nowhere.dynamodb, "seen", MemoryClock()).read("p", "post", "en")
        with pytest.raises(StoreUnavailable):
            SqsQueue(nowhere.sqs, "http://127.0.0.1:1/000000000000/q").receive()


class TestPacking:
    def test_a_batch_holds_ten_and_no_more_than_its_bytes(self) -> None:
        messages = [Message("ü" * 20_000, {"trace_id": "t"}) for _ in range(13)] + [Message("x")] * 12
        batches, too_large = pack(messages)
        assert too_large == []
        assert [position for batch in batches for position in batch] == list(range(25))
        for batch in batches:
            assert len(batch) <= 10
            assert sum(size(messages[position]) for position in batch) <= MAX_BYTES

    def test_a_message_counts_in_encoded_bytes_with_its_attributes(self) -> None:
        assert size(Message("ü", {"a": "b"})) == 2 + 1 + 1 + len("String")


@pytest.mark.parametrize("region", ["us-east-1", "eu-west-3", "ap-southeast-4"])
def test_browsers_are_sent_to_the_buckets_own_region(region: str) -> None:
    """The address of all regions redirects for a new bucket, which no posted form follows."""
    store = S3Store(Clients(region, credentials=Credentials("a", "b")).s3, "labelmill-jobs")
    url, _ = store.form("jobs/1/input", 10, 60)
    at = f"https://labelmill-jobs.s3.{region}.amazonaws.com/"
    assert url == at
    assert store.link("jobs/1/result", "result.jsonl", 60).startswith(f"{at}jobs/1/result?")
