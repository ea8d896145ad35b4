"""A batch of SQS records in, the ids of those that failed out: SQS deletes the others (`ReportBatchItemFailures`).

The one loop of all functions. What they do with a batch is either a whole (`pipeline.service`) or `one_by_one`.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from pipeline import failures, logs
from pipeline.messages import loads
from pipeline.ports import Clock, ObjectStore, StoreUnavailable
from pipeline.schema import Json, timestamp

Event = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Arrived:
    """A message as a consumer sees it."""

    id: str
    body: str
    trace_id: str = ""


@dataclass
class Outcome:
    """What became of a batch: how many posts were taken, refused (by reason), and which messages come again (why)."""

    done: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failed: dict[str, Exception] = field(default_factory=dict)


Work = Callable[[Sequence[Arrived]], Outcome]
POSTS, MESSAGES = "Posts", "Messages"  # what the metrics of a stage count
METRIC_VALUES = 100  # of one metric in one line: CloudWatch drops a line that holds more


def run(
    event: Event,
    work: Work,
    *,
    stage: str,
    notes: ObjectStore,
    clock: Clock,
    counting: str = POSTS,
    say: Callable[..., None] = logs.say,
) -> Json:
    """Does `work` on the records of a Lambda event and reports on it: log lines, metrics, a note of each failure."""
    records = event["Records"]
    started = clock.now()
    arrived = [Arrived(record["messageId"], record["body"], _trace(record)) for record in records]
    outcome = work(arrived)
    ended = clock.now()
    by_id = {record["messageId"]: record for record in records}
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
            "info", "batch done", ended, [message.trace_id for message in arrived], stage=stage,
            **{counting.lower(): len(arrived)},
            done=outcome.done, refused=dict(outcome.refused), failed=len(outcome.failed),
        ),
        *_metrics(stage, counting, outcome, records, started, ended),
    )  # fmt: skip
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in outcome.failed]}


def one_by_one(work: Callable[[Json], object]) -> Work:
    """`work` on the JSON object in each message; whatever is wrong with one, the others of its batch go on."""

    def each(arrived: Sequence[Arrived]) -> Outcome:
        outcome = Outcome()
        for message in arrived:
            try:
                work(loads(message.body))
                outcome.done += 1
            except Exception as error:
                outcome.failed[message.id] = error
        return outcome

    return each


def _metrics(
    stage: str,
    counting: str,
    outcome: Outcome,
    records: Sequence[Mapping[str, Any]],
    started: datetime,
    ended: datetime,
) -> list[Json]:
    counts: list[logs.Metric] = [
        (f"{counting}In", "Count", len(records)),
        (f"{counting}Done", "Count", outcome.done),
        (f"{counting}Failed", "Count", len(outcome.failed)),
        ("BatchDuration", "Milliseconds", (ended - started).total_seconds() * 1000),
    ]
    ages = [age for record in records if (age := _age(record, ended)) is not None]
    latencies: list[list[logs.Metric]] = [  # from sending to done
        [("Latency", "Milliseconds", ages[at : at + METRIC_VALUES])] for at in range(0, len(ages), METRIC_VALUES)
    ]
    first = latencies.pop(0) if latencies else []
    lines = [logs.metrics(ended, {"Stage": stage}, found) for found in ([*counts, *first], *latencies)]
    for reason, count in outcome.refused.items():
        refused: list[logs.Metric] = [(f"{counting}Refused", "Count", count)]
        lines.append(logs.metrics(ended, {"Stage": stage, "Reason": reason}, refused))
    return lines


def _age(record: Mapping[str, Any], now: datetime) -> float | None:
    sent = record.get("attributes", {}).get("SentTimestamp")
    return (now - datetime.fromtimestamp(int(sent) / 1000, UTC)).total_seconds() * 1000 if sent else None


def _trace(record: Mapping[str, Any]) -> str:
    return str(record.get("messageAttributes", {}).get("trace_id", {}).get("stringValue", ""))
