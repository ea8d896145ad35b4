"""The posts that the pipeline is measured with, and everything it needs but what is measured, in memory."""

import gzip
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline import tokenizers
from pipeline.ports import Message
from pipeline.schema import Gates, PostScraped, ProjectSettings, post_id
from pipeline.text import normalise, revision
from tests.fakes.memory import MemoryClock, MemoryStore

PROJECT = "bench"
AT = "2026-01-01T00:00:00.000000Z"
BATCH = 10


def corpus() -> list[dict[str, Any]]:
    data = os.environ.get("LABELMILL_DATA")
    if not data:
        sys.exit("LABELMILL_DATA names no folder of real data: the figures are of real posts")
    with gzip.open(Path(data) / "corpus" / "job_descriptions.jsonl.gz", "rt", encoding="utf-8") as file:
        return [{**row, "text": normalise(row["text"])} for row in map(json.loads, file)]


def posts(rows: Sequence[dict[str, Any]], project: str = PROJECT) -> list[PostScraped]:
    return [
        PostScraped(
            project, row["source"], row["id"], post_id(row["source"], row["id"]), revision(row["text"]),
            f"https://example.org/{row['id']}", row["title"], "", "", "", row["lang"], row["text"], AT, row["id"],
        )
        for row in rows
    ]  # fmt: skip


def settings(project: str = PROJECT) -> bytes:
    made = ProjectSettings(
        project, project, 1, "created", AT, "system", (), "", 1, tokenizers.default_id(), Gates()
    )  # fmt: skip
    return json.dumps(made.to_json()).encode()


class Bench:
    """Everything in memory but what is measured."""

    def __init__(self) -> None:
        self.clock = MemoryClock()
        self.posts, self.labels = MemoryStore(), MemoryStore()
        tokenizers.publish_default(self.posts)
        self.labels.put(f"projects/{PROJECT}/settings.json", settings())


class Sink:
    """Takes messages and keeps what it took."""

    def __init__(self) -> None:
        self.taken: list[Message] = []

    def send(self, given: Sequence[Message]) -> list[int]:
        self.taken += given
        return []
