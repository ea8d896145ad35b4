"""Queues, topics and what happens to messages nobody could handle."""

from collections.abc import Iterator

from labelmill_infra.recorded import RecordedStack, Resource, statements

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
