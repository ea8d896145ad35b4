"""A queue with its dead-letter queue and the alarms on both."""

import json

import pulumi
from pulumi_aws import sqs

from . import iam
from .alarms import alarm
from .component import Component, Scope
from .dead_letters import RETENTION_SECONDS, DeadLetterQueue
from .role import Grant

RECEIVES = 5  # then a message rests in the DLQ
VISIBILITY_FACTOR = 6  # of a function's timeout, as AWS advises: retries while the function is throttled
MOST_VISIBILITY = 12 * 3600  # SQS allows no more


class WorkQueue(Component):
    """Where work waits. Who takes a batch has `visibility` seconds for it."""

    def __init__(
        self,
        noun: str,
        scope: Scope,
        *,
        visibility: int,
        oldest_minutes: int,
        alarms: pulumi.Input[str],
        from_topic: pulumi.Input[str] | None = None,
        from_bucket: pulumi.Input[str] | None = None,
        receives: int = RECEIVES,
    ) -> None:
        """`oldest_minutes`: a message older than this means that nobody works, and rings the alarm. `from_topic`,
        `from_bucket`: ARN of what else may send here."""
        if not 0 < visibility <= MOST_VISIBILITY:
            raise ValueError(f"queue {noun!r}, visibility: given {visibility}, allowed: 1 to {MOST_VISIBILITY} s")
        super().__init__("Queue", noun, scope)
        self.dlq = DeadLetterQueue(f"{noun}-dlq", scope, alarms=alarms)
        self.queue = sqs.Queue(
            self.name,
            visibility_timeout_seconds=visibility,
            message_retention_seconds=RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
            redrive_policy=self.dlq.queue.arn.apply(
                lambda arn: json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": receives})
            ),
            tags=self.tags,
            opts=self.child(),
        )
        self.dlq.take_from(self.queue.arn)
        self.policy = sqs.QueuePolicy(
            self.name,
            queue_url=self.queue.id,
            policy=pulumi.Output.all(self.queue.arn, from_topic, from_bucket).apply(
                lambda arns: iam.queue_policy(*arns)
            ),
            opts=self.child(),
        )
        alarm(
            self,
            f"{self.name}-old",
            "AWS/SQS/ApproximateAgeOfOldestMessage",
            {"QueueName": self.queue.name},
            statistic="Maximum",
            over=oldest_minutes * 60,
            period=60,
            periods=3,
            says=f"Messages of {self.name} wait over {oldest_minutes} minutes: does its consumer work?",
            tell=alarms,
        )
        self.register_outputs({"url": self.queue.id, "dlq_url": self.dlq.queue.id})

    def send(self) -> Grant:
        return self.queue.arn.apply(lambda arn: iam.allow(iam.SEND, [arn]))

    def consume(self) -> Grant:
        return self.queue.arn.apply(lambda arn: iam.allow(iam.CONSUME, [arn]))
