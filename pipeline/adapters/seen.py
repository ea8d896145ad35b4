"""The table `seen` in DynamoDB as `SeenPosts`."""

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.adapters.errors import code, unavailable
from pipeline.ports import CLAIM_SECONDS, Clock, Sighting
from pipeline.schema import timestamp

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TTL_SECONDS = 90 * 86_400  # of a claim nobody came back to


class DynamoSeen:
    """The `seen` table (hash key `key`, a string; TTL attribute `expires`) as `SeenPosts`."""

    def __init__(self, client: "DynamoDBClient", table: str, clock: Clock) -> None:
        self._dynamodb = client
        self.table = table
        self._clock = clock

    def read(self, project: str, post_id: str, language: str) -> Sighting | None:
        with unavailable(f"GetItem {self.table}"):
            # Eventually consistent, at half the price: what it misses, the condition of the claim sees.
            answer = self._dynamodb.get_item(TableName=self.table, Key=_seen_key(project, post_id, language))
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
                if code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True


def _seen_key(project: str, post_id: str, language: str) -> dict[str, Any]:
    return {"key": {"S": f"{project}#{post_id}#{language}"}}
