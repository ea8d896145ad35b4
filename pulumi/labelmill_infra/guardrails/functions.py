"""Functions and what feeds them."""

from collections.abc import Iterator

from labelmill_infra.queue import VISIBILITY_FACTOR
from labelmill_infra.recorded import RecordedStack

from .messaging import ALARM, QUEUE

FUNCTION = "aws:lambda/function:Function"
MAPPING = "aws:lambda/eventSourceMapping:EventSourceMapping"


def visibility_outlasts_retries(stack: RecordedStack) -> Iterator[str]:
    functions = {one.outputs["arn"]: one for one in stack.of(FUNCTION)}
    queues = {one.outputs["arn"]: one for one in stack.of(QUEUE)}
    for mapping in stack.of(MAPPING):
        function, queue = functions.get(mapping.inputs["functionName"]), queues.get(mapping.inputs["eventSourceArn"])
        if function is None or queue is None:
            yield f"{mapping} joins what this stack does not have"
            continue
        window = mapping.inputs.get("maximumBatchingWindowInSeconds", 0)
        needed = VISIBILITY_FACTOR * function.inputs["timeout"] + window
        if (given := queue.inputs.get("visibilityTimeoutSeconds", 30)) < needed:
            yield f"{queue} hides messages for {given} s, {function} needs {needed} s"


def batches_fail_in_part(stack: RecordedStack) -> Iterator[str]:
    for mapping in stack.of(MAPPING):
        if mapping.inputs.get("functionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{mapping} repeats a whole batch when one record fails"


def functions_are_observed(stack: RecordedStack) -> Iterator[str]:
    groups = {one.outputs["name"] for one in stack.of("aws:cloudwatch/logGroup:LogGroup")}
    watched = {
        (one.inputs.get("dimensions", {}).get("FunctionName"), one.inputs.get("metricName"))
        for one in stack.of(ALARM)
        if one.inputs.get("alarmActions")
    }
    for function in stack.of(FUNCTION):
        if function.inputs.get("loggingConfig", {}).get("logGroup") not in groups:
            yield f"{function} logs to a group that this stack does not keep"
        if function.inputs.get("tracingConfig", {}).get("mode") != "Active":
            yield f"{function} is not traced"
        for metric in ("Errors", "Throttles"):
            if (function.outputs["name"], metric) not in watched:
                yield f"{function} has no alarm on {metric} that tells anybody"
