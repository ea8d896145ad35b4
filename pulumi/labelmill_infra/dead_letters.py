"""A dead-letter queue: where messages rest that could not be worked on or delivered, and the alarm that says so."""

import json

import pulumi
from pulumi_aws import sqs

from . import iam
from .alarms import alarm
from .component import Component, Scope
from .role import Grant

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
        """Look at what rests here and move it back."""
        return self.queue.arn.apply(lambda arn: iam.allow(iam.CONSUME, [arn]))
