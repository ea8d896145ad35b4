"""Queues, topics, the functions that they feed, and what happens to messages nobody could handle."""

from collections.abc import Iterator

from labelmill_infra.recorded import RecordedStack, Resource, statements
from labelmill_infra.topology import VISIBILITY_FACTOR

QUEUE = "aws:sqs/queue:Queue"
ALARM = "aws:cloudwatch/metricAlarm:MetricAlarm"
TOPIC = "aws:sns/topic:Topic"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"
SCHEDULE = "aws:scheduler/schedule:Schedule"
FEWEST_RECEIVES = 5  # fewer, and a function throttled for a while loses its messages to the DLQ


def queues_have_dead_letters(stack: RecordedStack) -> Iterator[str]:
    arns = {queue.outputs["arn"] for queue in stack.of(QUEUE)}
    dead = _dead_letter_arns(stack)
    for queue in stack.of(QUEUE):
        policy = queue.json("redrivePolicy")
        if queue.outputs["arn"] in dead:
            continue
        if policy.get("deadLetterTargetArn") not in arns:
            yield f"{queue} has no dead-letter queue"
        elif policy.get("maxReceiveCount", 0) < FEWEST_RECEIVES:
            yield f"{queue} gives up after {policy.get('maxReceiveCount')} receives, allowed: {FEWEST_RECEIVES} or more"


def queues_ring_alarms(stack: RecordedStack) -> Iterator[str]:
    watched = {
        (alarm.inputs.get("dimensions", {}).get("QueueName"), alarm.inputs.get("metricName"))
        for alarm in stack.of(ALARM)
        if alarm.inputs.get("alarmActions")
    }
    dead = _dead_letter_arns(stack)
    for queue in stack.of(QUEUE):
        is_dead = queue.outputs["arn"] in dead
        metric = "ApproximateNumberOfMessagesVisible" if is_dead else "ApproximateAgeOfOldestMessage"
        if (queue.outputs["name"], metric) not in watched:
            yield f"{queue} has no alarm on {metric} that tells anybody"


def subscriptions_have_dead_letters(stack: RecordedStack) -> Iterator[str]:
    arns = {queue.outputs["arn"] for queue in stack.of(QUEUE)}
    for one in stack.of(SUBSCRIPTION):
        if one.inputs.get("protocol") == "sqs" and one.json("redrivePolicy").get("deadLetterTargetArn") not in arns:
            yield f"{one} has no dead-letter queue: what its queue refuses is lost"


def messages_are_encrypted(stack: RecordedStack) -> Iterator[str]:
    for queue in stack.of(QUEUE):
        if not (queue.inputs.get("sqsManagedSseEnabled") or queue.inputs.get("kmsMasterKeyId")):
            yield f"{queue} keeps messages unencrypted"
    for topic in stack.of(TOPIC):
        if not topic.inputs.get("kmsMasterKeyId"):
            yield f"{topic} keeps messages unencrypted"


def messages_travel_by_tls(stack: RecordedStack) -> Iterator[str]:
    closed = {
        policy.inputs["queueUrl"]
        for policy in stack.of("aws:sqs/queuePolicy:QueuePolicy")
        if any(refuses_plain_http(one) for one in statements(policy, "policy"))
    }
    for queue in stack.of(QUEUE):
        if queue.outputs["id"] not in closed:
            yield f"{queue} takes requests without TLS"


def refuses_plain_http(statement: dict[str, object]) -> bool:
    wanted = {"Bool": {"aws:SecureTransport": "false"}}
    return statement.get("Effect") == "Deny" and statement.get("Condition") == wanted


def _dead_letter_arns(stack: RecordedStack) -> set[str]:
    """Of all queues that rest what others could not handle: of a queue, a subscription or a schedule."""

    def target(one: Resource) -> str:
        return str(one.json("redrivePolicy").get("deadLetterTargetArn", ""))

    schedules = [one.inputs["target"].get("deadLetterConfig", {}) for one in stack.of(SCHEDULE)]
    return {target(one) for one in stack.of(QUEUE, SUBSCRIPTION)} | {one.get("arn", "") for one in schedules} - {""}


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
