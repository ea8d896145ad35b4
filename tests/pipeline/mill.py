"""The pipeline in memory: every stage wired to memory adapters, driven by hand."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pipeline import archive, batch, tokenizers
from pipeline.ingest import Report, send_new
from pipeline.messages import value
from pipeline.ports import ObjectStore, Queue, Received, SeenPosts, Sender
from pipeline.projects import Projects
from pipeline.schema import Gates, Json, Label, PostReady, PostScraped, ProjectSettings, post_id
from pipeline.service import archive_posts, prepare_posts
from pipeline.text import normalise, revision
from tests.fakes.memory import MemoryClock, MemoryQueue, MemorySeen, MemoryStore, MemoryTopic

PROJECT = "sample"


def post(number: int = 1, text: str = "A nurse for the night shift on ward seven.", **changes: Any) -> PostScraped:
    """A post that contradicts itself nowhere, whatever `changes` says of its source, id or text."""
    source, external_id = changes.pop("source", "example.org"), changes.pop("external_id", str(number))
    text = normalise(text)
    whole: dict[str, Any] = {
        "project": PROJECT,
        "source": source,
        "external_id": external_id,
        "post_id": post_id(source, external_id),
        "revision": revision(text),
        "url": f"https://example.org/{number}",
        "title": f"Post {number}",
        "company": "Example",
        "location": "Leeds",
        "date_posted": "2026-01-01",
        "language": "en",
        "text": text,
        "fetched_at": "2026-01-01T00:00:00.000000Z",
        "trace_id": f"trace-{number}",
    }
    return PostScraped(**{**whole, **changes})


def settings(**changes: Any) -> ProjectSettings:
    made = ProjectSettings(
        project=PROJECT,
        name="Sample",
        n=1,
        kind="created",
        at="2026-01-01T00:00:00.000000Z",
        by="system",
        labels=(Label("Role", "1", 1, examples=("nurse", "night shift")),),
        guidelines="",
        guideline_version=1,
        tokenizer=tokenizers.default_id(),
        gates=Gates(),
    )
    return replace(made, **changes)


def record(received: Received) -> Json:
    """A message as Lambda's event source mapping hands it over."""
    return {
        "messageId": received.id,
        "receiptHandle": received.receipt,
        "body": received.body,
        "attributes": {
            "ApproximateReceiveCount": str(received.receives),
            "SentTimestamp": str(int(received.sent_at.timestamp() * 1000)) if received.sent_at else "0",
        },
        "messageAttributes": {
            name: {"stringValue": value, "dataType": "String"} for name, value in received.attributes.items()
        },
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:queue",
    }


class Mill:
    """`wrap`: put around each port, by its name, as the faults of the fault tests are."""

    def __init__(self, **wrap: Any) -> None:
        def at(name: str, port: Any) -> Any:
            return wrap.get(name, lambda one: one)(port)

        self.clock = MemoryClock()
        self.bucket = MemoryStore()
        self.labels_bucket = MemoryStore()
        self.dead: dict[str, MemoryQueue] = {
            name: MemoryQueue(self.clock) for name in ("ingest", "archive", "labeling")
        }
        self.queues = {name: MemoryQueue(self.clock, 60, dead) for name, dead in self.dead.items()}
        self.posts: ObjectStore = at("posts", self.bucket)
        self.labels: ObjectStore = at("labels", self.labels_bucket)
        self.seen: SeenPosts = at("seen", MemorySeen(self.clock))
        self.ingest: Queue = at("ingest", self.queues["ingest"])
        self.reads: dict[str, Queue] = {name: at(f"{name}-read", self.queues[name]) for name in ("ingest", "archive")}
        self.topic: Sender = at("topic", MemoryTopic(self.queues["archive"], self.queues["labeling"]))
        self.lines: list[Json] = []
        self.start_again()
        tokenizers.publish_default(self.bucket)
        self.set(settings())

    def start_again(self) -> None:
        """A new worker: it remembers nothing."""
        self.projects = Projects(self.labels, self.posts)

    def set(self, made: ProjectSettings) -> None:
        body = json.dumps(made.to_json()).encode()
        self.labels_bucket.put(f"projects/{made.project}/settings.json", body)

    def scrape(self, *posts: PostScraped) -> Report:
        return send_new(posts, self.seen, self.ingest, self.posts)

    def preprocess(self, bodies: Sequence[str] | None = None) -> list[str]:
        """One batch of the ingest queue, or of the given bodies; the ids that failed."""
        return self._stage("preprocess", "ingest", bodies)

    def store(self) -> list[str]:
        return self._stage("archive", "archive", None)

    def _stage(self, stage: str, queue: str, bodies: Sequence[str] | None) -> list[str]:
        source = self.reads[queue]
        if bodies is None:
            got = source.receive()
        else:
            got = [Received(f"given-{at}", body, "", 1) for at, body in enumerate(bodies)]
        if not got:
            return []
        work: Mapping[str, Any] = {
            "preprocess": lambda arrived: prepare_posts(arrived, self.projects, self.posts, self.topic, self.clock),
            "archive": lambda arrived: archive_posts(arrived, self.posts, self.clock),
        }
        answer = batch.run(
            {"Records": [record(one) for one in got]},
            work[stage],
            stage=stage,
            notes=self.posts,
            clock=self.clock,
            say=lambda *lines: self.lines.extend(lines),
        )
        failed = [one["itemIdentifier"] for one in answer["batchItemFailures"]]
        source.delete([one.receipt for one in got if one.id not in failed])
        return failed

    def settle(self, rounds: int = 40) -> None:
        """Runs all stages, with time going by, until nothing moves any more."""
        for _ in range(rounds):
            while self.preprocess_some() or self.archive_some():
                pass
            if not any(sum(self.queues[name].depth()) for name in ("ingest", "archive")):
                return
            self.clock.forward(61)

    def preprocess_some(self) -> bool:
        before = self.queues["ingest"].depth()[0]
        return before > 0 and self.preprocess() is not None and self.queues["ingest"].depth()[0] < before

    def archive_some(self) -> bool:
        before = self.queues["archive"].depth()[0]
        return before > 0 and self.store() is not None and self.queues["archive"].depth()[0] < before

    def archived(self, kind: str = archive.POSTS) -> list[Json]:
        listed = archive.objects(self.bucket, kind, PROJECT)
        return [row for _, rows in archive.rows(self.bucket, listed) for row in rows]

    def inbox(self) -> list[PostReady]:
        """Everything that waits for the labeler, read as it reads; the queue is empty afterwards."""
        found = []
        while got := self.queues["labeling"].receive():
            found += [PostReady.from_json(value(self.bucket, one.body)) for one in got]
            self.queues["labeling"].delete([one.receipt for one in got])
        return found
