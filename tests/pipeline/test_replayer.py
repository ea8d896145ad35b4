"""Posts through preprocess again: all that a change concerns, once each, and what was lost."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline import archive, stack, tokenizers, training
from pipeline.annotated import Effect, effect, newest_keys
from pipeline.commands import replay as command
from pipeline.replayer import ArchiveIndex, Checkpoint, Pace, ReplayFailed, replay, send_missing
from pipeline.schema import Annotation, Gates, PostScraped, Span
from pipeline.steps import preparation
from pipeline.tokens import Tokenizer
from tests.pipeline.mill import PROJECT, Mill, post, settings

DAY_1, DAY_2 = "2026-01-01T00:00:00.000000Z", "2026-01-01T00:30:00.000000Z"


@pytest.fixture
def mill() -> Mill:
    return Mill()


def run(mill: Mill, gates: Gates, pace: Pace | None = None, look: list[PostScraped] | None = None) -> Pace:
    mill.set(settings(n=2, gates=gates))
    wanted = preparation(tokenizers.default_id(), gates)
    pace = pace or Pace(mill.ingest, mill.posts, 1000, wait=lambda seconds: None)
    checkpoint = Checkpoint(mill.posts, PROJECT, wanted)
    replay(mill.posts, PROJECT, ArchiveIndex(wanted), pace, checkpoint, (look if look is not None else []).append)
    return pace


def test_new_gates_prepare_every_post_anew(mill: Mill) -> None:
    mill.scrape(*(post(number) for number in range(25)))
    mill.settle()
    first = {one.identity for one in mill.inbox()}
    assert run(mill, Gates(min_chars=2)).sent == 25
    mill.settle()
    second = {one.identity for one in mill.inbox()}
    assert {one[:3] for one in first} == {one[:3] for one in second}
    assert not first & second


def test_a_second_replay_sends_nothing(mill: Mill) -> None:
    mill.scrape(post(1), post(2))
    mill.settle()
    assert run(mill, Gates(min_chars=2)).sent == 2
    mill.settle()
    assert run(mill, Gates(min_chars=2)).sent == 0


def test_what_cannot_be_read_is_passed_over_and_named(mill: Mill) -> None:
    mill.scrape(post(1))
    mill.settle()
    key = f"{archive.POSTS}/{PROJECT}/notes.txt"
    mill.bucket.put(key, b"put there by hand")
    pace = Pace(None, mill.posts, 1)
    assert list(replay(mill.posts, PROJECT, ArchiveIndex("new"), pace, None, lambda post: None)) == [key]
    assert pace.sent == 1


def test_refused_posts_come_back_through_wider_gates(mill: Mill) -> None:
    mill.set(settings(gates=Gates(min_chars=1000)))
    mill.scrape(post(1))
    mill.settle()
    assert mill.inbox() == []
    assert run(mill, Gates()).sent == 1
    mill.settle()
    assert len(mill.inbox()) == 1


def test_only_the_current_text_of_each_language_is_sent(mill: Mill) -> None:
    mill.scrape(post(1, "old text", fetched_at=DAY_1), post(1, "alter Text", fetched_at=DAY_1, language="de"))
    mill.settle()
    mill.scrape(post(1, "new text", fetched_at=DAY_2))
    mill.settle()
    mill.inbox()
    run(mill, Gates(min_chars=2))
    mill.settle()
    assert sorted(one.post.text for one in mill.inbox()) == ["alter Text", "new text"]


def test_a_replay_that_broke_off_goes_on_from_there(mill: Mill) -> None:
    for number in range(5):  # an object each
        mill.scrape(post(number))
        mill.settle()
    mill.inbox()

    class Full:
        def __init__(self) -> None:
            self.left = 2

        def send(self, messages: object) -> list[int]:
            self.left -= 1
            return mill.ingest.send(messages) if self.left >= 0 else [0]  # type: ignore[arg-type]

    broken = Pace(Full(), mill.posts, 1000, wait=lambda seconds: None)
    with pytest.raises(ReplayFailed, match="did not take 1 of 1"):
        run(mill, Gates(min_chars=2), broken)
    assert run(mill, Gates(min_chars=2)).sent == 3
    mill.settle()
    assert len(mill.inbox()) == 5
    assert list(mill.posts.list("handoff/replay/")) == []


def test_the_rate_is_kept(mill: Mill) -> None:
    waited: list[float] = []
    pace = Pace(mill.ingest, mill.posts, rate=50, wait=waited.append)
    for number in range(25):
        pace.add(post(number))
    pace.flush()
    assert waited == [0.2, 0.2, 0.1]


def test_what_the_archive_lacks_is_sent_again_and_nothing_else(mill: Mill) -> None:
    mill.scrape(post(1), post(2, ""))
    mill.settle()
    mill.inbox()
    made = ArchiveIndex()
    made.add(mill.archived() + mill.archived("refused"))
    pace = Pace(mill.ingest, mill.posts, 1000, wait=lambda seconds: None)
    assert send_missing([post(1), post(2, ""), post(3), post(3)], lambda project: made, pace) == 4
    mill.settle()
    assert [one.post.external_id for one in mill.inbox()] == ["3"]


class TestNewTokenizer:
    TEXT = "A nurse for the night shift"

    def annotate(self, mill: Mill, number: int, *spans: Span, kind: str = "labels") -> None:
        one = post(1, self.TEXT)
        made = Annotation(
            project=PROJECT, post_id=one.post_id, revision=one.revision, preparation="p", labeler="l1", n=number,
            kind=kind, spans=spans, tokenizer=tokenizers.default_id(), settings=1, guideline_version=1,
            started_at=DAY_1, submitted_at=DAY_2, active_seconds=1.0, second_opinion=False,
        )  # fmt: skip
        mill.labels_bucket.put(made.key, json.dumps(made.to_json()).encode())

    def test_spans_keep_their_offsets_and_those_off_token_edges_are_listed(self, mill: Mill) -> None:
        self.annotate(mill, 9, Span(0, 1, "Old", 0, 1))
        self.annotate(mill, 10, Span(2, 7, "Role", 1, 2), Span(16, 19, "Part", 5, 6))
        mill.labels_bucket.put(f"annotations/{PROJECT}/notes.txt", b"put there by hand")
        one = post(1, self.TEXT)
        keys = newest_keys(mill.labels, PROJECT)[one.post_id, one.revision]
        assert [key.split("/")[-1] for key in keys] == ["10.json"]
        whole_words = Tokenizer(training.train([self.TEXT.replace(" ", "\n")] * 50, "bpe", vocabulary=400), "w", "1")
        total = Effect()
        (off,) = effect(mill.labels, keys, one, whole_words, total)
        assert (off["text"], off["label"], off["start"]) == ("nig", "Part", 16)
        assert total == Effect(posts=1, annotations=1, spans=2, off_edges=1)

    def test_a_report_that_cannot_be_written_is_told_in_a_line(
        self, mill: Mill, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(stack, "environment", lambda env: {"POSTS_BUCKET": "posts", "LABELS_BUCKET": "labels"})
        monkeypatch.setattr(command, "S3Store", lambda s3, name: getattr(mill, name))
        assert command.main([PROJECT, "--dry-run", "--report", str(tmp_path / "no" / "report.jsonl")]) == 1
        assert "No such file" in capsys.readouterr().err

    def test_another_tokenizer_is_another_preparation(self) -> None:
        mine = tokenizers.default_id()
        assert preparation(mine, Gates()) != preparation(replace(mine, sha256="0"), Gates())
        assert preparation(mine, Gates()) != preparation(mine, Gates(min_chars=2))
        assert preparation(mine, Gates()) == preparation(replace(mine), Gates())

    def test_other_rules_for_words_are_another_preparation(self, monkeypatch: pytest.MonkeyPatch) -> None:
        mine = tokenizers.default_id()
        before = preparation(mine, Gates())
        monkeypatch.setattr("pipeline.words.RULES", "words 0")
        assert preparation(mine, Gates()) != before
