"""A topic, and its fan-out: one queue per consumer, each delivery with a dead-letter queue of its own."""

import json

import pulumi
from pulumi_aws import sns

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope
from labelmill_infra.role import Grant

from .queue import DeadLetterQueue, WorkQueue


class Topic(Component):
    def __init__(self, noun: str, scope: Scope) -> None:
        super().__init__("Topic", noun, scope)
        self.topic = sns.Topic(
            self.name,
            kms_master_key_id="alias/aws/sns",  # its key policy lets in whoever may use the topic
            tags=self.tags,
            opts=self.child(),
        )
        self.arn = self.topic.arn
        self.register_outputs({"arn": self.arn})

    def publish(self) -> Grant:
        return self.arn.apply(lambda arn: iam.allow(["sns:Publish"], [arn]))


class Subscription(Component):
    """Sends a topic's messages to a queue, as they were published.

    SNS retries a queue that is away for days, but drops at once what the queue refuses (a wrong policy or key): that
    goes to the subscription's own dead-letter queue.
    """

    def __init__(self, noun: str, scope: Scope, *, topic: Topic, queue: WorkQueue, alarms: pulumi.Input[str]) -> None:
        super().__init__("Subscription", noun, scope)
        self.dlq = DeadLetterQueue(f"{noun}-dlq", scope, alarms=alarms, from_topic=topic.arn)
        sns.TopicSubscription(
            self.name,
            topic=topic.arn,
            protocol="sqs",
            endpoint=queue.queue.arn,
            raw_message_delivery=True,
            redrive_policy=self.dlq.queue.arn.apply(lambda arn: json.dumps({"deadLetterTargetArn": arn})),
            opts=self.child(depends_on=[queue.policy]),  # or the first messages are refused
        )
        self.register_outputs({"dlq_url": self.dlq.queue.id})
