"""Posts through the local AWS: how many a second, and how much of that time is ours."""

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from bench.pipeline_posts import BATCH, PROJECT, Bench, Sink, corpus, posts, settings
from pipeline import batch, messages, service, stack, tokenizers
from pipeline.adapters.aws import DynamoSeen, S3Store, SqsQueue, SystemClock, clients
from pipeline.ingest import send_new
from pipeline.projects import Projects

Figures = dict[str, Any]


def local(count: int) -> Figures:
    """Posts put into the ingest queue of a scratch stack, until the last is read from the labeling queue."""
    rows = corpus()[:count]
    with tempfile.TemporaryDirectory() as state:
        env = stack.environment({**os.environ, "LABELMILL_STATE": state})
        try:
            return _local(rows, env)
        finally:
            stack.release(Path(state))


def _local(rows: Sequence[dict[str, Any]], env: dict[str, str]) -> Figures:
    aws = clients(env)
    bucket = S3Store(aws.s3, env["POSTS_BUCKET"])
    tokenizers.publish_default(bucket)
    S3Store(aws.s3, env["LABELS_BUCKET"]).put(f"projects/{PROJECT}/settings.json", settings())
    seen = DynamoSeen(aws.dynamodb, env["SEEN_TABLE"], SystemClock())
    inbox = SqsQueue(aws.sqs, env["LABELING_QUEUE_URL"])
    warm = posts([{**rows[0], "id": "warm"}])
    send_new(warm, seen, SqsQueue(aws.sqs, env["INGEST_QUEUE_URL"]), bucket)
    _drain(inbox, 1)
    started = time.perf_counter()
    send_new(posts(rows), seen, SqsQueue(aws.sqs, env["INGEST_QUEUE_URL"]), bucket)
    _drain(inbox, len(rows))
    elapsed = time.perf_counter() - started
    bench = Bench()
    projects, taken = Projects(bench.labels, bench.posts), Sink()
    bodies = [orjson.dumps(one.to_json()).decode() for one in posts(rows)]
    busy = time.process_time()
    for at in range(0, len(bodies), BATCH):
        arrived = [batch.Arrived(str(at), body) for body in bodies[at : at + BATCH]]
        service.prepare_posts(arrived, projects, bench.posts, taken, bench.clock)
    service.archive_posts(
        [batch.Arrived(str(at), one.body) for at, one in enumerate(taken.taken)], bench.posts, bench.clock
    )
    ours = time.process_time() - busy
    return {
        "posts": len(rows),
        "posts/s": round(len(rows) / elapsed, 1),
        "share of the time that is ours": round(ours / elapsed, 3),
    }


def _drain(inbox: SqsQueue, count: int) -> None:
    found = 0
    deadline = time.monotonic() + 300
    while found < count:
        if time.monotonic() > deadline:
            sys.exit(f"{found} of {count} posts arrived in five minutes")
        got = inbox.receive(10, wait_seconds=1)
        for one in got:
            messages.loads(one.body)
        inbox.delete([one.receipt for one in got])
        found += len(got)
