"""Queues: where work waits, each with its dead-letter queue and the alarms on both."""

import json

import pulumi
from pulumi_aws import sqs

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope
from labelmill_infra.observe.alarms import alarm
from labelmill_infra.role import Grant

RETENTION_SECONDS = 14 * 24 * 3600  # as long as SQS allows


class DeadLetterQueue(Component):
    def __init__(
        self, noun: str, scope: Scope, *, alarms: pulumi.Input[str], from_topic: pulumi.Input[str] | None = None
    ) -> None:
        """`alarms`: ARN of the topic told. `from_topic`: the topic whose undelivered messages come here."""
        super().__init__("DeadLetterQueue", noun, scope)
        self.queue = sqs.Queue(
            self.name,
            message_retention_seconds=RETENTION_SECONDS,
            sqs_managed_sse_enabled=True,
            tags=self.tags,
            opts=self.child(),
        )
        sqs.QueuePolicy(
            self.name,
            queue_url=self.queue.id,
            policy=pulumi.Output.all(self.queue.arn, from_topic).apply(lambda arns: iam.queue_policy(*arns)),
            opts=self.child(),
        )
        alarm(
            self,
            self.name,
            "AWS/SQS/ApproximateNumberOfMessagesVisible",
            {"QueueName": self.queue.name},
            statistic="Maximum",
            over=0,
            period=60,
            says=f"Messages rest in {self.name}: read one, mend the cause, redrive.",
            tell=alarms,
        )
        self.register_outputs({"url": self.queue.id})

    def take_from(self, queue_arn: pulumi.Input[str]) -> None:
        """Lets exactly this queue use it as its dead-letter queue."""
        sqs.RedriveAllowPolicy(
            self.name,
            queue_url=self.queue.id,
            redrive_allow_policy=pulumi.Output.from_input(queue_arn).apply(
                lambda arn: json.dumps({"redrivePermission": "byQueue", "sourceQueueArns": [arn]})
            ),
            opts=self.child(),
        )

    def redrive(self) -> Grant:
        """Look at what rests here and move it back; lay here what can never be read."""
        return self.queue.arn.apply(lambda arn: iam.allow([*iam.CONSUME, *iam.SEND], [arn]))


RECEIVES = 5  # then a message rests in the DLQ
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

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        return {f"{self.noun}_queue_url": self.queue.id, f"{self.noun}_dlq_url": self.dlq.queue.id}
