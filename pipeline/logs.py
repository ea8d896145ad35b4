"""Logs for machines: one JSON object a line, and metrics in CloudWatch's embedded format. Built here, written by `say`.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import sys
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TextIO

import orjson

from pipeline.schema import Json, timestamp

NAMESPACE = "Labelmill"
Metric = tuple[str, str, float | Sequence[float]]  # name, unit, value or at most 100 values


def line(level: str, event: str, at: datetime, trace_id: str | Sequence[str], **fields: object) -> Json:
    """`trace_id`: one, or those of a batch."""
    traces = {"trace_id": trace_id} if isinstance(trace_id, str) else {"trace_ids": list(trace_id)}
    return {"level": level, "event": event, "at": timestamp(at), **traces, **fields}


def metrics(at: datetime, dimensions: Mapping[str, str], found: Sequence[Metric]) -> Json:
    """A log line that CloudWatch turns into metrics."""
    return {
        "_aws": {
            "Timestamp": int(at.timestamp() * 1000),
            "CloudWatchMetrics": [
                {
                    "Namespace": NAMESPACE,
                    "Dimensions": [list(dimensions)],
                    "Metrics": [{"Name": name, "Unit": unit} for name, unit, _ in found],
                }
            ],
        },
        **dimensions,
        **{name: value for name, _, value in found},
    }


def say(*lines: Json, to: TextIO | None = None) -> None:
    out = to or sys.stdout
    for said in lines:
        # What JSON cannot hold is shown, never a reason to fail.
        print(orjson.dumps(said, default=repr).decode(), file=out, flush=True)
