"""Queues of SQS and topics of SNS as `Queue` and `Sender`."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.adapters.errors import unavailable
from pipeline.adapters.packing import chunks, pack
from pipeline.ports import Message, Received, StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


class SqsQueue:
    """One queue as a `Queue`."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._sqs = client
        self.url = url

    def send(self, messages: Sequence[Message]) -> list[int]:
        def call(entries: list[dict[str, Any]]) -> Mapping[str, Any]:
            return self._sqs.send_message_batch(QueueUrl=self.url, Entries=cast(Any, entries))

        return _send(messages, "MessageBody", call)

    def receive(self, most: int = 10, wait_seconds: int = 0, visibility_seconds: int | None = None) -> list[Received]:
        """SQS gives ten at most in one call, whatever `most` says."""
        more = {} if visibility_seconds is None else {"VisibilityTimeout": visibility_seconds}
        with unavailable(f"ReceiveMessage {self.url}"):
            answer = self._sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=min(most, 10),
                WaitTimeSeconds=wait_seconds,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SentTimestamp"],
                MessageAttributeNames=["All"],
                **cast(Any, more),
            )
        return [_received(cast(Any, one)) for one in answer.get("Messages", [])]

    def delete(self, receipts: Iterable[str]) -> None:
        for batch in chunks(list(receipts)):
            entries = [{"Id": str(at), "ReceiptHandle": receipt} for at, receipt in enumerate(batch)]
            with unavailable(f"DeleteMessageBatch {self.url}"):
                answer = self._sqs.delete_message_batch(QueueUrl=self.url, Entries=cast(Any, entries))
            if failed := answer.get("Failed"):
                raise StoreUnavailable(f"DeleteMessageBatch {self.url}: {len(failed)} not deleted: {failed[0]}")

    def release(self, receipt: str, after_seconds: int = 0) -> None:
        with unavailable(f"ChangeMessageVisibility {self.url}"):
            self._sqs.change_message_visibility(
                QueueUrl=self.url, ReceiptHandle=receipt, VisibilityTimeout=after_seconds
            )

    def depth(self) -> tuple[int, int]:
        with unavailable(f"GetQueueAttributes {self.url}"):
            found = self._sqs.get_queue_attributes(
                QueueUrl=self.url,
                AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
            )["Attributes"]
        return int(found["ApproximateNumberOfMessages"]), int(found["ApproximateNumberOfMessagesNotVisible"])


class SnsTopic:
    """One topic as a `Sender`."""

    def __init__(self, client: "SNSClient", arn: str) -> None:
        self._sns = client
        self.arn = arn

    def send(self, messages: Sequence[Message]) -> list[int]:
        def call(entries: list[dict[str, Any]]) -> Mapping[str, Any]:
            return self._sns.publish_batch(TopicArn=self.arn, PublishBatchRequestEntries=cast(Any, entries))

        return _send(messages, "Message", call)


def _send(
    messages: Sequence[Message], body: str, call: Callable[[list[dict[str, Any]]], Mapping[str, Any]]
) -> list[int]:
    """Sends all batches; returns the positions that were not confirmed."""
    batches, unsent = pack(messages)
    for batch in batches:
        entries = [_entry(position, messages[position], body) for position in batch]
        try:
            failed = [int(one["Id"]) for one in call(entries).get("Failed", [])]
        except (ClientError, BotoCoreError):
            failed = batch  # a time-out may have sent them all the same: the reader ignores a copy
        unsent += failed
    return sorted(unsent)


def _entry(position: int, message: Message, body: str) -> dict[str, Any]:
    attributes = {
        name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items() if value
    }
    return {"Id": str(position), body: message.body, "MessageAttributes": attributes}


def _received(one: Mapping[str, Any]) -> Received:
    system = one.get("Attributes", {})
    sent = system.get("SentTimestamp")
    return Received(
        id=one["MessageId"],
        body=one["Body"],
        receipt=one["ReceiptHandle"],
        receives=int(system.get("ApproximateReceiveCount", 1)),
        attributes={
            name: value["StringValue"]
            for name, value in one.get("MessageAttributes", {}).items()
            if "StringValue" in value
        },
        sent_at=datetime.fromtimestamp(int(sent) / 1000, UTC) if sent else None,
    )
