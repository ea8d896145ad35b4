"""What becomes of a post on its way, and of what is no post at all."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline import archive, batch, failures, tokenizers
from pipeline.batch import Outcome
from pipeline.boilerplate import RepeatedLines
from pipeline.messages import MessageRefused, message
from pipeline.ports import Message, StoredObject
from pipeline.projects import BOILERPLATE_KEY
from pipeline.schema import Gates, Json, PostReady, PostRefused, timestamp
from pipeline.tokens import uncovered
from tests.fakes.memory import MemoryClock, MemoryStore
from tests.pipeline.mill import PROJECT, Mill, post, settings


@pytest.fixture
def mill() -> Mill:
    return Mill()


def test_a_post_goes_from_the_scraper_to_the_inbox_and_the_archive(mill: Mill) -> None:
    sent = post(1, "Nurse \u200b for the night shift, £30k 😀", extra={"salary": "30k"})
    assert mill.scrape(sent).sent == 1
    mill.settle()
    (ready,) = mill.inbox()
    assert ready.post == sent
    assert uncovered(sent.text, ready.tokens.ranges()) == []
    assert ready.tokens.tokenizer == tokenizers.default_id()
    assert [PostReady.from_json(row) for row in mill.archived()] == [ready]
    assert mill.archived()[0]["salary"] == "30k"


def test_a_batch_is_one_object_in_the_archive(mill: Mill) -> None:
    mill.scrape(*(post(number) for number in range(10)))
    mill.settle()
    assert len(archive.objects(mill.bucket, archive.POSTS, PROJECT)) == 1
    assert len(mill.archived()) == 10


def test_suggestions_are_those_of_the_projects_suggester(mill: Mill) -> None:
    mill.set(settings(suggester="gazetteer"))
    mill.scrape(post(text="A NURSE for the  night\nshift; no nurses."))
    mill.settle()
    (ready,) = mill.inbox()
    assert [(ready.post.text[one.start : one.end], one.label, one.by) for one in ready.suggestions] == [
        ("NURSE", "Role", "gazetteer"),
        ("night\nshift", "Role", "gazetteer"),
    ]


def test_new_settings_count_from_the_next_batch(mill: Mill) -> None:
    mill.scrape(post(1))
    mill.settle()
    mill.set(settings(n=2, gates=Gates(min_chars=5)))
    mill.scrape(post(2))
    mill.settle()
    first, second = mill.inbox()
    assert first.preparation != second.preparation


def test_a_large_post_goes_by_the_bucket(mill: Mill) -> None:
    large = post(text="word and " * 15_000)
    mill.scrape(large)
    mill.settle()
    (ready,) = mill.inbox()
    assert ready.post == large
    assert [row["text"] for row in mill.archived()] == [large.text]


class TestGates:
    @pytest.mark.parametrize(
        ("gates", "text", "reason"),
        [
            (Gates(min_chars=50), "short", "too-short"),
            (Gates(max_chars=10), "much too long", "too-long"),
            (Gates(), " \n\t\u00a0", "blank"),
            (Gates(), "", "blank"),
            (Gates(languages=("de", "fr")), "english", "language"),
            (Gates(), "nurse" * 50_000, "too-long"),
        ],
    )
    def test_a_refused_post_is_counted_and_kept_with_its_reason(
        self, mill: Mill, gates: Gates, text: str, reason: str
    ) -> None:
        mill.set(settings(gates=gates))
        mill.scrape(post(text=text))
        mill.settle()
        (row,) = mill.archived(archive.REFUSED)
        refused = PostRefused.from_json(row)
        assert (refused.reason, refused.post) == (reason, post(text=text))
        assert mill.inbox() == []
        assert any(line.get("Reason") == reason and line["PostsRefused"] == 1 for line in mill.lines)

    def test_a_post_from_tomorrow_is_refused(self, mill: Mill) -> None:
        ahead = timestamp(mill.clock.now() + timedelta(days=1))
        behind = timestamp(mill.clock.now() - timedelta(days=1))
        mill.scrape(post(1, fetched_at=ahead), post(2, fetched_at=behind))
        mill.settle()
        assert [row["reason"] for row in mill.archived(archive.REFUSED)] == ["from-the-future"]
        assert [one.post.external_id for one in mill.inbox()] == ["2"]

    def test_a_post_of_repeated_lines_is_refused(self, mill: Mill) -> None:
        common = "We are an equal opportunity employer."
        counted = RepeatedLines()
        for number in range(20):
            counted.add(f"{common}\nPost number {number} is unlike the others")
        body = json.dumps({"lines": counted.lines()}).encode()
        mill.labels_bucket.put(BOILERPLATE_KEY.format(project=PROJECT, source="example.org"), body)
        mill.set(settings(gates=Gates(max_boilerplate=0.6)))
        mill.scrape(post(1, f"{common}\nCook"), post(2, f"{common}\nA cook for our busy kitchen in the old harbour"))
        mill.settle()
        assert [(row["reason"], row["external_id"]) for row in mill.archived(archive.REFUSED)] == [("boilerplate", "1")]
        assert [one.post.external_id for one in mill.inbox()] == ["2"]


def poison(**changes: object) -> str:
    return json.dumps({**post().to_json(), **changes})


BAD = {
    "not JSON": ("{nope", "not JSON"),
    "not an object": ("[1]", "allowed: a JSON object"),
    "unknown version": (poison(schema="post-scraped/99"), "field 'schema': given 'post-scraped/99'"),
    "missing field": (json.dumps({"schema": "post-scraped/1"}), "field 'project'"),
    "ill-typed field": (poison(title=7), "field 'title': given 7"),
    "missing handoff": (json.dumps({"schema": "handoff/1", "key": "handoff/none.json"}), "ObjectMissing"),
    "handoff elsewhere": (json.dumps({"schema": "handoff/1", "key": "labels/x"}), "allowed: a key below handoff/"),
    "lone surrogate": (poison(text="\ud800"), "not JSON"),
    "NUL": (poison(text="a\0b"), "not normalised"),
    "another text": (poison(text="another"), "field 'revision'"),
    "another id": (poison(post_id="x" * 26), "field 'post_id'"),
    "no time": (poison(fetched_at="yesterday"), "field 'fetched_at'"),
    "no such day": (poison(fetched_at="2026-02-30T09:30:00.000000Z"), "field 'fetched_at'"),
    "other digits": (poison(fetched_at="２026-01-31T09:30:00.000000Z"), "field 'fetched_at'"),
    "unknown project": (poison(project="nobodys"), "project 'nobodys' has no settings"),
    "path as project": (poison(project="../sample"), "field 'project'"),
    "deep": ('{"a":' * 100_000, "not JSON"),
    "deep list": ("[" * 1_000 + "]" * 1_000, "allowed: a JSON object"),
    "deep field": (poison(title="deep").replace('"deep"', "[" * 1_000 + "]" * 1_000), "field 'title'"),
}


class TestPoison:
    @pytest.mark.parametrize(("body", "reason"), BAD.values(), ids=BAD.keys())
    def test_one_bad_message_fails_alone_and_keeps_its_reason(self, mill: Mill, body: str, reason: str) -> None:
        good = [json.dumps(post(number).to_json()) for number in (1, 2)]
        assert mill.preprocess([good[0], body, good[1]]) == ["given-1"]
        assert len(mill.inbox()) == 2
        note = failures.read(mill.bucket, "given-1")
        assert note is not None
        assert reason in note["reason"]
        assert any(line.get("event") == "message failed" and reason in line["reason"] for line in mill.lines)

    def test_a_megabyte_in_the_bucket_is_refused_by_the_gate_and_sixteen_are_not_read(self, mill: Mill) -> None:
        mill.bucket.put("handoff/1.json", json.dumps(post(1, "word " * 210_000).to_json()).encode())
        mill.bucket.put("handoff/2.json", b"x" * 17_000_000)
        bodies = [json.dumps({"schema": "handoff/1", "key": f"handoff/{number}.json"}) for number in (1, 2)]
        assert mill.preprocess(bodies) == ["given-1"]
        assert [row["reason"] for row in mill.archived(archive.REFUSED)] == ["too-long"]
        assert any("more than 16000000 bytes" in line.get("reason", "") for line in mill.lines)

    def test_what_the_bucket_would_not_give_back_is_not_put_there(self, mill: Mill) -> None:
        with pytest.raises(MessageRefused, match="allowed: 16000000"):
            message(mill.bucket, {"text": "x" * 16_000_000}, "")
        assert list(mill.bucket.list("handoff/")) == []

    def test_poison_ends_in_the_dead_letter_queue_after_five_receives(self, mill: Mill) -> None:
        mill.queues["ingest"].send([Message("{nope")])
        mill.scrape(post(1))
        mill.settle()
        assert mill.dead["ingest"].depth() == (1, 0)
        assert len(mill.inbox()) == 1

    def test_a_project_with_a_tokenizer_that_is_not_there_fails_and_another_goes_on(self, mill: Mill) -> None:
        mill.set(settings(project="other", tokenizer=replace(tokenizers.default_id(), version="404")))
        mill.scrape(post(1, project="other"), post(2))
        assert len(mill.preprocess()) == 1
        assert [one.post.project for one in mill.inbox()] == [PROJECT]

    def test_a_tokenizer_changed_under_its_version_is_not_used(self, mill: Mill) -> None:
        mill.set(settings(tokenizer=replace(tokenizers.default_id(), sha256="0" * 64)))
        mill.scrape(post(1))
        assert len(mill.preprocess()) == 1
        assert any("TokenizerChanged" in line.get("reason", "") for line in mill.lines)

    def test_what_is_no_prepared_post_is_not_archived(self, mill: Mill) -> None:
        mill.queues["archive"].send([Message(poison())])
        mill.scrape(post(1))
        mill.preprocess()
        assert len(mill.store()) == 1
        assert len(mill.archived()) == 1


class TestRepeats:
    def test_a_message_that_comes_again_leads_to_the_same(self, mill: Mill) -> None:
        body = json.dumps(post().to_json())
        mill.preprocess([body])
        mill.preprocess([body])
        first, second = mill.inbox()
        assert first == second

    def test_copies_in_a_batch_are_archived_once(self, mill: Mill) -> None:
        body = json.dumps(post().to_json())
        mill.preprocess([body, body])
        mill.settle()
        assert len(mill.archived()) == 1


class TestReports:
    def test_every_line_carries_the_trace_of_its_posts(self, mill: Mill) -> None:
        mill.scrape(post(1), post(2))
        mill.preprocess()
        (done,) = [line for line in mill.lines if line.get("event") == "batch done"]
        assert done["trace_ids"] == ["trace-1", "trace-2"]
        assert all(
            one.attributes["trace_id"] == one.body.split('"trace_id":"')[1][:7]
            for one in mill.queues["labeling"].receive()
        )

    def test_metrics_are_in_the_embedded_format(self, mill: Mill) -> None:
        mill.scrape(post(1), post(2, ""))
        mill.clock.forward(3)
        mill.preprocess()
        counted = [line for line in mill.lines if "_aws" in line]
        for line in counted:
            (directive,) = line["_aws"]["CloudWatchMetrics"]
            assert directive["Namespace"] == "Labelmill"
            assert all(name in line for name in directive["Dimensions"][0])
            assert all(metric["Name"] in line for metric in directive["Metrics"])
        assert (counted[0]["PostsIn"], counted[0]["PostsDone"], counted[0]["Latency"]) == (2, 1, [3000.0, 3000.0])


@pytest.mark.parametrize(("posts", "lines"), [(100, 1), (101, 2), (500, 5)])
def test_the_latency_of_every_post_of_a_large_batch_is_counted(posts: int, lines: int) -> None:
    """CloudWatch takes 100 values of a metric in a line; the function that archives gets 500 posts at once."""
    clock, store = MemoryClock(), MemoryStore()
    sent = int(clock.now().timestamp() * 1000)
    records = [
        {"messageId": str(n), "body": "{}", "attributes": {"SentTimestamp": str(sent - n)}} for n in range(posts)
    ]
    said: list[Json] = []
    batch.run(
        {"Records": records},
        lambda arrived: Outcome(done=len(arrived)),
        stage="archive",
        notes=store,
        clock=clock,
        say=lambda *given: said.extend(given),
    )
    counted = [line for line in said if "_aws" in line]
    for line in counted:
        described = line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
        values = [line[metric["Name"]] for metric in described]
        assert all(len(value) <= 100 for value in values if isinstance(value, list))
    assert len(counted) == lines
    assert [age for line in counted for age in line["Latency"]] == [float(n) for n in range(posts)]
    assert [line["PostsIn"] for line in counted if "PostsIn" in line] == [posts]


def test_settings_are_asked_for_once_a_batch(mill: Mill) -> None:
    asked: list[str] = []

    class Watched(MemoryStore):
        def get(self, key: str) -> StoredObject:
            asked.append(key)
            return mill.labels_bucket.get(key)

    mill.labels = Watched()
    mill.start_again()
    mill.scrape(*(post(number) for number in range(10)))
    mill.preprocess()
    assert asked == [f"projects/{PROJECT}/settings.json"]
