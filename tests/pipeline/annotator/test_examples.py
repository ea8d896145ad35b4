"""What a project's labels say, read from the buckets."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pipeline import archive, messages
from pipeline.annotator import examples
from pipeline.schema import PostReady, PostScraped, post_id
from pipeline.text import revision
from pipeline.tokens import Tokenizer
from tests.fakes.memory import MemoryStore

TEXT = "Python is needed"


@pytest.fixture
def ready(tokenizer: Tokenizer) -> PostReady:
    scraped = PostScraped(
        project="jobs", source="here", external_id="1", post_id=post_id("here", "1"), revision=revision(TEXT),
        text=TEXT, fetched_at="2026-01-01T00:00:00.000000Z", trace_id="t", language="en",
        url="", title="", company="", location="", date_posted="",
    )  # fmt: skip
    return PostReady(scraped, tokenizer.encode(TEXT), (), (), "test")


@pytest.fixture
def posts(ready: PostReady) -> MemoryStore:
    found, lines = MemoryStore(), [messages.dumps(ready.to_json())]
    found.put(archive.key(archive.POSTS, "jobs", datetime(2026, 1, 1, tzinfo=UTC), lines), archive.compress(lines))
    return found


def project(**changed: Any) -> bytes:
    sample = json.loads((Path(__file__).parents[1] / "wire" / "project-1.json").read_text())
    return json.dumps({**sample, "project": "jobs", **changed}).encode()


def test_labels_are_those_of_now(ready: PostReady, posts: MemoryStore, tmp_path: Path) -> None:
    labels, place = MemoryStore(), f"{ready.post.post_id}/{ready.post.revision}"
    renamed = {"kind": "rename", "labels": ["Tool"], "into": ["Software"], "n": 3}
    labels.put("projects/jobs/settings.json", project(n=3, operations=[renamed]))
    spans = [{"start": 0, "end": 6, "label": "Tool"}]
    labels.put(f"annotations/jobs/{place}/ada/1.json", json.dumps({"settings": 2, "spans": spans}).encode())
    examples.write("jobs", labels, posts, tmp_path / "examples.jsonl")
    assert [one["label"] for one in json.loads((tmp_path / "examples.jsonl").read_text())["spans"]] == ["Software"]


def test_a_decision_that_was_taken_back_teaches_nothing(ready: PostReady, posts: MemoryStore, tmp_path: Path) -> None:
    labels, place = MemoryStore(), f"{ready.post.post_id}/{ready.post.revision}"
    answer = {"settings": 1, "spans": [{"start": 0, "end": 6, "label": "Tool"}]}
    labels.put(f"annotations/jobs/{place}/ada/1.json", json.dumps(answer).encode())
    labels.put(f"gold/jobs/{place}/2.json", json.dumps({"settings": 1, "spans": [], "withdrawn": True}).encode())
    examples.write("jobs", labels, posts, tmp_path / "examples.jsonl")
    assert len(json.loads((tmp_path / "examples.jsonl").read_text())["spans"]) == 1


def test_a_foreign_or_broken_object_costs_no_other_its_examples(
    ready: PostReady, posts: MemoryStore, tmp_path: Path
) -> None:
    labels = MemoryStore()
    posts.put(archive.key(archive.POSTS, "jobs", datetime(2026, 1, 2, tzinfo=UTC), [b"x"]), b"no gzip")
    answer = {"kind": "labels", "settings": 1, "spans": [{"start": 0, "end": 6, "label": "Tool"}]}
    labels.put(f"annotations/jobs/{ready.post.post_id}/{ready.post.revision}/ada/1.json", json.dumps(answer).encode())
    for key in ("notes.txt", "p/r/ada/draft.json", "p/r/ada/1.json"):
        labels.put(f"annotations/jobs/{key}", b"{")
    labels.put("annotations/jobs/q/r/ada/1.json", b"[]")
    examples.write("jobs", labels, posts, tmp_path / "examples.jsonl")
    (line,) = (tmp_path / "examples.jsonl").read_text().splitlines()
    assert json.loads(line) == {"text": TEXT, "spans": [{"start": 0, "end": 6, "label": "Tool"}]}
