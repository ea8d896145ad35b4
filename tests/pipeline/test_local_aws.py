"""The same way of a post with real parts: queues, topic, Lambdas and buckets of the local AWS."""

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pytest

from pipeline import archive, failures, tokenizers
from pipeline.adapters.aws import DynamoSeen, S3Store, SqsQueue, SystemClock, clients
from pipeline.ingest import Report, send_new
from pipeline.messages import value
from pipeline.ports import Message
from pipeline.schema import PostReady, PostScraped, ProjectSettings
from tests.pipeline.mill import post, settings


@dataclass
class Stage:
    """One project of the running stack."""

    project: str
    env: Mapping[str, str]

    def __post_init__(self) -> None:
        aws = clients(self.env)
        self.posts = S3Store(aws.s3, self.env["POSTS_BUCKET"])
        self.labels = S3Store(aws.s3, self.env["LABELS_BUCKET"])
        self.seen = DynamoSeen(aws.dynamodb, self.env["SEEN_TABLE"], SystemClock())
        self.sqs = aws.sqs
        tokenizers.publish_default(self.posts)
        self.set(replace(settings(), project=self.project))

    def set(self, made: ProjectSettings) -> None:
        self.labels.put(f"projects/{self.project}/settings.json", json.dumps(made.to_json()).encode())

    def queue(self, name: str) -> SqsQueue:
        return SqsQueue(self.sqs, self.env[name])

    def scrape(self, *posts: PostScraped) -> Report:
        return send_new(posts, self.seen, self.queue("INGEST_QUEUE_URL"), self.posts)

    def post(self, number: int, text: str = "A nurse for the night shift.") -> PostScraped:
        return post(number, text, project=self.project, source=self.project)

    def archived(self) -> list[PostReady]:
        listed = archive.objects(self.posts, archive.POSTS, self.project)
        return [PostReady.from_json(row) for _, rows in archive.rows(self.posts, listed) for row in rows]

    def inbox(self, wanted: int) -> list[PostReady]:
        """Waits for so many prepared posts of this project; those of others are left where they are."""
        queue, found = self.queue("LABELING_QUEUE_URL"), []

        def all_there() -> bool:
            for one in queue.receive():
                ready = PostReady.from_json(value(self.posts, one.body))
                if ready.post.project == self.project:
                    found.append(ready)
                    queue.delete([one.receipt])
                else:
                    queue.release(one.receipt, 1)
            return len(found) >= wanted

        eventually(all_there)
        return found


def eventually(holds: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, f"did not come true in {seconds} s"
        time.sleep(0.1)


@pytest.fixture
def stage(stack: Mapping[str, str]) -> Stage:
    return Stage(f"flow-{uuid.uuid4().hex[:8]}", stack)


def test_posts_reach_the_inbox_and_the_archive(stage: Stage) -> None:
    sent = [stage.post(number, f"Nurse number {number} 😀 for the night shift") for number in range(12)]
    sent.append(stage.post(99, "large " * 20_000))
    assert stage.scrape(*sent).sent == 13
    assert stage.scrape(*sent).counts()["unchanged"] == 13
    ready = stage.inbox(13)
    assert sorted(one.post.post_id for one in ready) == sorted(one.post_id for one in sent)
    assert all(one.tokens.tokenizer == tokenizers.default_id() for one in ready)
    eventually(lambda: len(stage.archived()) == 13)
    assert {one.identity for one in stage.archived()} == {one.identity for one in ready}


def test_a_poison_message_keeps_its_reason_and_holds_nobody_up(stage: Stage) -> None:
    trace = uuid.uuid4().hex
    stage.queue("INGEST_QUEUE_URL").send([Message(f'{{"schema": "{trace}"}}', {"trace_id": trace})])
    stage.scrape(stage.post(1))
    assert len(stage.inbox(1)) == 1

    def noted() -> bool:
        keys = [one.key for one in stage.posts.list("refused/messages/")]
        notes = [failures.read(stage.posts, key.split("/")[-1].removesuffix(".json")) for key in keys]
        return any(note and note["trace_id"] == trace and "field 'schema'" in note["reason"] for note in notes)

    eventually(noted)
