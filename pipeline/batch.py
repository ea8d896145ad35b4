"""A batch of SQS records in, the ids of those that failed out: SQS deletes the others (`ReportBatchItemFailures`)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline import failures, logs
from pipeline.ports import Clock, ObjectStore, StoreUnavailable
from pipeline.schema import Json, timestamp
from pipeline.service import Arrived, Outcome

Event = Mapping[str, Any]


def run(
    event: Event,
    work: Callable[[Sequence[Arrived]], Outcome],
    *,
    stage: str,
    notes: ObjectStore,
    clock: Clock,
    say: Callable[..., None] = logs.say,
) -> Json:
    """Does `work` on the records of a Lambda event and reports on it: log lines, metrics, a note of each failure."""
    records = event["Records"]
    started = clock.now()
    arrived = [Arrived(one["messageId"], one["body"], _trace(one)) for one in records]
    outcome = work(arrived)
    ended = clock.now()
    by_id = {one["messageId"]: one for one in records}
    for message_id, error in outcome.failed.items():
        found = failures.note(
            message_id,
            error,
            timestamp(ended),
            _trace(by_id[message_id]),
            int(by_id[message_id].get("attributes", {}).get("ApproximateReceiveCount", 1)),
            by_id[message_id].get("eventSourceARN", "").rpartition(":")[2],
        )
        more = {name: found[name] for name in ("message_id", "reason", "receives", "queue")}
        say(logs.line("error", "message failed", ended, found["trace_id"], stage=stage, **more))
        try:
            failures.keep(notes, found)
        except StoreUnavailable as away:
            say(logs.line("error", "reason not kept", ended, found["trace_id"], stage=stage, reason=str(away)))
    say(
        logs.line(
            "info", "batch done", ended, [one.trace_id for one in arrived], stage=stage,
            posts=len(arrived), done=outcome.done, refused=dict(outcome.refused), failed=len(outcome.failed),
        ),
        *_metrics(stage, outcome, records, started, ended),
    )  # fmt: skip
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in outcome.failed]}


def _metrics(
    stage: str, outcome: Outcome, records: Sequence[Mapping[str, Any]], started: datetime, ended: datetime
) -> list[Json]:
    milliseconds = (ended - started).total_seconds() * 1000
    found: list[logs.Metric] = [
        ("PostsIn", "Count", len(records)),
        ("PostsDone", "Count", outcome.done),
        ("PostsFailed", "Count", len(outcome.failed)),
        ("BatchDuration", "Milliseconds", milliseconds),
    ]
    if ages := [age for one in records if (age := _age(one, ended)) is not None]:
        found.append(("Latency", "Milliseconds", ages[:100]))  # from sending to done; the format takes 100 values
    lines = [logs.metrics(ended, {"Stage": stage}, found)]
    for reason, count in outcome.refused.items():
        lines.append(logs.metrics(ended, {"Stage": stage, "Reason": reason}, [("PostsRefused", "Count", count)]))
    return lines


def _age(record: Mapping[str, Any], now: datetime) -> float | None:
    sent = record.get("attributes", {}).get("SentTimestamp")
    return (now - datetime.fromtimestamp(int(sent) / 1000, UTC)).total_seconds() * 1000 if sent else None


def _trace(record: Mapping[str, Any]) -> str:
    return str(record.get("messageAttributes", {}).get("trace_id", {}).get("stringValue", ""))
