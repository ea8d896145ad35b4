"""A batch of SQS records about jobs: each is worked on by itself, and only those that failed come again."""

from collections.abc import Callable, Mapping
from typing import Any

from pipeline import logs
from pipeline.messages import loads
from pipeline.ports import Clock
from pipeline.schema import Json

Event = Mapping[str, Any]


def run(event: Event, work: Callable[[Json], object], *, stage: str, clock: Clock) -> Json:
    """The answer to Lambda: ids of the records to be delivered again."""
    failed = []
    for record in event["Records"]:
        trace = str(record.get("messageAttributes", {}).get("trace_id", {}).get("stringValue", ""))
        try:
            work(loads(record["body"]))
        except Exception as error:  # whatever is wrong with one, the others of its batch go on
            failed.append({"itemIdentifier": record["messageId"]})
            reason = f"{type(error).__name__}: {error}"[:1000]
            logs.say(logs.line("error", "message failed", clock.now(), trace, stage=stage, reason=reason))
    found: list[logs.Metric] = [
        ("MessagesIn", "Count", len(event["Records"])),
        ("MessagesFailed", "Count", len(failed)),
    ]
    logs.say(logs.metrics(clock.now(), {"Stage": stage}, found))
    return {"batchItemFailures": failed}
