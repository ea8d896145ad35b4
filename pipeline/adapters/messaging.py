"""What carries messages: queues of SQS, topics of SNS, mails by SES, one-time schedules of EventBridge Scheduler.

One batch of SQS or SNS takes ten messages at most, and 256 KiB of encoded bytes in all; the local AWS does not keep to
it, AWS does.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from botocore.exceptions import BotoCoreError, ClientError

from pipeline.adapters.aws_errors import status, unavailable
from pipeline.ports import MailRefused, Message, Received, StoreUnavailable

if TYPE_CHECKING:
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient


MAX_ENTRIES = 10
MAX_BYTES = 256 * 1024


def size(message: Message) -> int:
    """Bytes that count against the limit: the body, and name, type and value of each attribute."""
    attributes = sum(len((name + value).encode()) + len("String") for name, value in message.attributes.items())
    return len(message.body.encode()) + attributes


def pack(messages: Sequence[Message]) -> tuple[list[list[int]], list[int]]:
    """Positions of `messages` as batches in their order, and the positions of those too large for any batch."""
    batches: list[list[int]] = []
    too_large: list[int] = []
    room = 0
    for position, message in enumerate(messages):
        taken = size(message)
        if taken > MAX_BYTES:
            too_large.append(position)
            continue
        if not batches or taken > room or len(batches[-1]) == MAX_ENTRIES:
            batches.append([])
            room = MAX_BYTES
        batches[-1].append(position)
        room -= taken
    return batches, too_large


def chunks(items: Sequence[str]) -> Iterator[Sequence[str]]:
    """Ten at a time, for the batch calls that carry ids only."""
    for at in range(0, len(items), MAX_ENTRIES):
        yield items[at : at + MAX_ENTRIES]


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
        return [_received(cast(Any, message)) for message in answer.get("Messages", [])]

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


NOT_VERIFIED = "not verified"  # how SES says that it sends to nobody it was not told of
_SANDBOX = " (a new account's SES mails verified addresses only, until AWS grants it production access)"


class SesMailer:
    def __init__(self, client: Any, sender: str) -> None:
        self._ses = client
        self._sender = sender

    def send(self, to: str, subject: str, text: str, html: str) -> None:
        def part(content: str) -> dict[str, str]:
            return {"Data": content, "Charset": "UTF-8"}

        try:
            self._ses.send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [to]},
                Content={
                    "Simple": {
                        "Subject": part(subject),
                        "Body": {"Text": part(text), **({"Html": part(html)} if html else {})},
                    },
                },
            )
        except ClientError as error:
            # An answer of 4xx is a refusal; of 5xx, and no answer at all, nobody can tell.
            if 0 < status(error) < 500:
                raise MailRefused(f"{to}: {error}{_SANDBOX if NOT_VERIFIED in str(error) else ''}") from error
            raise


class EventBridgeSchedules:
    """Schedules that send to the queue of retirements and delete themselves."""

    def __init__(self, client: Any, group: str, queue_arn: str, role_arn: str) -> None:
        self._scheduler = client
        self._group = group
        self._queue_arn = queue_arn
        self._role_arn = role_arn

    def once(self, name: str, at: datetime, body: str) -> None:
        with unavailable(f"CreateSchedule {self._group}/{name}"):
            try:
                self._scheduler.create_schedule(
                    Name=name,
                    GroupName=self._group,
                    ScheduleExpression=f"at({at:%Y-%m-%dT%H:%M:%S})",
                    ScheduleExpressionTimezone="UTC",
                    FlexibleTimeWindow={"Mode": "OFF"},
                    ActionAfterCompletion="DELETE",
                    Target={"Arn": self._queue_arn, "RoleArn": self._role_arn, "Input": body},
                )
            except self._scheduler.exceptions.ConflictException:
                return


def _send(
    messages: Sequence[Message], body: str, call: Callable[[list[dict[str, Any]]], Mapping[str, Any]]
) -> list[int]:
    """Sends all batches; returns the positions that were not confirmed."""
    batches, unsent = pack(messages)
    for batch in batches:
        entries = [_entry(position, messages[position], body) for position in batch]
        try:
            failed = [int(entry["Id"]) for entry in call(entries).get("Failed", [])]
        except (ClientError, BotoCoreError):
            failed = batch  # a time-out may have sent them all the same: the reader ignores a copy
        unsent += failed
    return sorted(unsent)


def _entry(position: int, message: Message, body: str) -> dict[str, Any]:
    attributes = {
        name: {"DataType": "String", "StringValue": value} for name, value in message.attributes.items() if value
    }
    return {"Id": str(position), body: message.body, "MessageAttributes": attributes}


def _received(message: Mapping[str, Any]) -> Received:
    system = message.get("Attributes", {})
    sent = system.get("SentTimestamp")
    return Received(
        id=message["MessageId"],
        body=message["Body"],
        receipt=message["ReceiptHandle"],
        receives=int(system.get("ApproximateReceiveCount", 1)),
        attributes={
            name: value["StringValue"]
            for name, value in message.get("MessageAttributes", {}).items()
            if "StringValue" in value
        },
        sent_at=datetime.fromtimestamp(int(sent) / 1000, UTC) if sent else None,
    )
