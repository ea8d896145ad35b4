"""The ports filled by AWS, or by the local AWS when `ENDPOINT_URL` is set. The only module that imports boto3.

No client is opened before its first use; each is made once, under a lock (boto3's making is not thread-safe, its
clients are). Where a local endpoint is set, dummy credentials go with it, so that nothing local reaches the real AWS.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.adapters.packing import chunks, pack
from pipeline.ports import (
    CLAIM_SECONDS,
    Clock,
    Listed,
    Message,
    ObjectExists,
    ObjectMissing,
    Received,
    Sighting,
    StoredObject,
    StoreUnavailable,
)
from pipeline.schema import timestamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_sns import SNSClient
    from mypy_boto3_sqs import SQSClient

CONFLICT_TRIES = 5  # of a conditional write that S3 answers with 409: another is being written just now
TTL_SECONDS = 90 * 86_400  # of a claim nobody came back to


@dataclass(frozen=True)
class Credentials:
    """Access key, secret and, for an assumed role, its session token."""

    key_id: str
    secret: str
    token: str | None = None


@dataclass(frozen=True)
class Clients:
    """The AWS clients of one region and endpoint, each made at its first use."""

    region: str
    endpoint: str | None = None
    credentials: Credentials | None = None  # None: boto3's own chain (role of the Lambda, task or machine)
    _made: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, repr=False, compare=False)

    def client(self, service: str) -> Any:
        """A client of any service, for the few that need one without a port."""
        with self._lock:
            if service not in self._made:
                self._made[service] = self._make(service)
            return self._made[service]

    def _make(self, service: str) -> Any:
        keys = self.credentials
        return boto3.session.Session().client(  # type: ignore[call-overload]
            service,
            region_name=self.region,
            endpoint_url=self.endpoint,
            aws_access_key_id=keys and keys.key_id,
            aws_secret_access_key=keys and keys.secret,
            aws_session_token=keys and keys.token,
            config=Config(
                signature_version="s3v4" if service == "s3" else None,
                s3={"addressing_style": "path"} if self.endpoint else {},
                retries={"mode": "standard", "total_max_attempts": 3},
                connect_timeout=5,
                read_timeout=30,  # above the longest SQS poll, 20 s
                max_pool_connections=20,
            ),
        )

    @property
    def s3(self) -> "S3Client":
        return cast("S3Client", self.client("s3"))

    @property
    def sqs(self) -> "SQSClient":
        return cast("SQSClient", self.client("sqs"))

    @property
    def sns(self) -> "SNSClient":
        return cast("SNSClient", self.client("sns"))

    @property
    def dynamodb(self) -> "DynamoDBClient":
        return cast("DynamoDBClient", self.client("dynamodb"))


def clients(env: Mapping[str, str]) -> Clients:
    """Clients for the stack whose outputs are in `env`.

    `ENDPOINT_URL` (the local stack's output) or `AWS_ENDPOINT_URL` (which the local AWS gives its Lambdas) makes them
    local.
    """
    region = env.get("REGION") or env.get("AWS_REGION") or env.get("AWS_DEFAULT_REGION") or "us-east-1"
    endpoint = env.get("ENDPOINT_URL") or env.get("AWS_ENDPOINT_URL") or None
    local = Credentials("test", "test")
    if endpoint and not env.get("ENDPOINT_URL") and env.get("AWS_ACCESS_KEY_ID"):
        return Clients(region, endpoint)  # inside a local Lambda: its role's own credentials
    return Clients(region, endpoint, local if endpoint else None)


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class S3Store:
    """One bucket as an `ObjectStore`."""

    def __init__(self, client: "S3Client", bucket: str) -> None:
        self._s3 = client
        self.bucket = bucket

    def get(self, key: str) -> StoredObject:
        with self._errors("GetObject", key):
            answer = self._s3.get_object(Bucket=self.bucket, Key=key)
            return StoredObject(answer["Body"].read(), answer["ETag"])

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        with self._errors("GetObject", key):
            try:
                answer = self._s3.get_object(Bucket=self.bucket, Key=key, IfNoneMatch=etag)
            except ClientError as error:
                if _status(error) == 304:
                    return None
                raise
            return StoredObject(answer["Body"].read(), answer["ETag"])

    def get_range(self, key: str, start: int, length: int) -> bytes:
        if length <= 0:
            return b""
        with self._errors("GetObject", key):
            try:
                answer = self._s3.get_object(Bucket=self.bucket, Key=key, Range=f"bytes={start}-{start + length - 1}")
            except ClientError as error:
                if _status(error) == 416:  # the object ends before `start`
                    return b""
                raise
            return answer["Body"].read()

    def put(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        with self._errors("PutObject", key):
            self._s3.put_object(Bucket=self.bucket, Key=key, Body=body, ContentType=content_type)

    def put_new(self, key: str, body: bytes, content_type: str = "application/json") -> None:
        for attempt in range(1, CONFLICT_TRIES + 1):
            with self._errors("PutObject", key):
                try:
                    self._s3.put_object(
                        Bucket=self.bucket, Key=key, Body=body, ContentType=content_type, IfNoneMatch="*"
                    )
                    return
                except ClientError as error:
                    if _status(error) != 409 or attempt == CONFLICT_TRIES:
                        raise
            time.sleep(0.02 * 2**attempt)

    def list(self, prefix: str, start_after: str = "") -> Iterator[Listed]:
        with self._errors("ListObjectsV2", prefix):
            pages = self._s3.get_paginator("list_objects_v2").paginate(
                Bucket=self.bucket, Prefix=prefix, StartAfter=start_after
            )
            for page in pages:
                for one in page.get("Contents", []):
                    yield Listed(one["Key"], one["Size"], one["ETag"])

    def delete(self, key: str) -> None:
        with self._errors("DeleteObject", key):
            self._s3.delete_object(Bucket=self.bucket, Key=key)

    @contextlib.contextmanager
    def _errors(self, call: str, key: str) -> Iterator[None]:
        where = f"{call} s3://{self.bucket}/{key}"
        with unavailable(where):
            try:
                yield
            except ClientError as error:
                # A missing bucket is no missing key: nobody may take it for "there is no such object".
                if _status(error) == 404 and _code(error) != "NoSuchBucket":
                    raise ObjectMissing(where) from error
                if _status(error) == 412:
                    raise ObjectExists(where) from error
                raise


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


class DynamoSeen:
    """The `seen` table (hash key `key`, a string; TTL attribute `expires`) as `SeenPosts`."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._dynamodb = client
        self.table = table
        self._clock = clock

    def read(self, project: str, post_id: str, language: str) -> Sighting | None:
        with unavailable(f"GetItem {self.table}"):
            answer = self._dynamodb.get_item(
                TableName=self.table, Key=_seen_key(project, post_id, language), ConsistentRead=True
            )
        item = answer.get("Item")
        if item is None:
            return None
        return Sighting(*(item[name]["S"] for name in ("revision", "fetched_at", "state", "claim_id", "claim_expires")))

    def claim(self, project: str, post_id: str, language: str, revision: str, fetched_at: str, claim_id: str) -> bool:
        now = self._clock.now()
        item: dict[str, Any] = {
            **_seen_key(project, post_id, language),
            "state": {"S": "claimed"},
            "revision": {"S": revision},
            "fetched_at": {"S": fetched_at},
            "claim_id": {"S": claim_id},
            "claim_expires": {"S": timestamp(now + timedelta(seconds=CLAIM_SECONDS))},
            "expires": {"N": str(int(now.timestamp()) + TTL_SECONDS)},
        }
        # TTL deletes late, so the expiry is compared here.
        free = "attribute_not_exists(#key)"
        expired = "(#state = :claimed AND claim_expires <= :now)"
        newer = "(revision <> :revision AND fetched_at < :fetched_at)"
        return self._write(
            "PutItem",
            lambda: self._dynamodb.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression=f"{free} OR {expired} OR {newer}",
                ExpressionAttributeNames={"#key": "key", "#state": "state"},
                ExpressionAttributeValues={
                    ":claimed": {"S": "claimed"},
                    ":now": {"S": timestamp(now)},
                    ":revision": {"S": revision},
                    ":fetched_at": {"S": fetched_at},
                },
            ),
        )

    def mark_sent(self, project: str, post_id: str, language: str, claim_id: str) -> bool:
        return self._write(
            "UpdateItem",
            lambda: self._dynamodb.update_item(
                TableName=self.table,
                Key=_seen_key(project, post_id, language),
                UpdateExpression="SET #state = :sent REMOVE expires",  # what was sent is remembered for good
                ConditionExpression="claim_id = :claim_id",
                ExpressionAttributeNames={"#state": "state"},
                ExpressionAttributeValues={":sent": {"S": "sent"}, ":claim_id": {"S": claim_id}},
            ),
        )

    def _write(self, name: str, call: Callable[[], object]) -> bool:
        with unavailable(f"{name} {self.table}"):
            try:
                call()
            except ClientError as error:
                if _code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True


def _seen_key(project: str, post_id: str, language: str) -> dict[str, Any]:
    return {"key": {"S": f"{project}#{post_id}#{language}"}}


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


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


@contextlib.contextmanager
def unavailable(where: str) -> Iterator[None]:
    """Any error of AWS inside becomes `StoreUnavailable`, naming `where`."""
    try:
        yield
    except (ClientError, BotoCoreError) as error:
        raise StoreUnavailable(f"{where}: {error}") from error
