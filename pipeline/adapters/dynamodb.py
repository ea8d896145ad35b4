"""The tables in DynamoDB: `seen` as `SeenPosts`, `jobs` as `JobTable`."""

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from pipeline.adapters.aws_errors import code, unavailable
from pipeline.ports import CLAIM_SECONDS, Clock, Sighting
from pipeline.schema import timestamp
from pipeline.schema.job import Doubt, Job, Owner

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

TTL_SECONDS = 90 * 86_400  # of a claim nobody came back to
BY_STATE = "by-state"
OWNER = "!owner"
DOUBTS = "!doubts"
PAGE = 50  # jobs read at once where the reader may stop early


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
        names = ("revision", "fetched_at", "state", "claim_id", "claim_expires")
        origin = item.get("origin", {}).get("S", "")  # rows of before have none
        return Sighting(**{name: item[name]["S"] for name in names}, origin=origin)

    def claim(
        self, project: str, post_id: str, language: str, revision: str, fetched_at: str, claim_id: str, origin: str = ""
    ) -> bool:
        now = self._clock.now()
        item: dict[str, Any] = {
            **_seen_key(project, post_id, language),
            "state": {"S": "claimed"},
            "revision": {"S": revision},
            "fetched_at": {"S": fetched_at},
            "claim_id": {"S": claim_id},
            "origin": {"S": origin},
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


class DynamoJobs:
    """The `jobs` table: hash key `user`, range key `job`, index `by-state` on `state` and `since`.

    Owners lie beside their jobs under the range key `!owner`, which no job id can be; mails in doubt lie together under
    the hash key `!doubts`, which no user is. Neither has a state, so the index holds jobs alone.
    """

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._dynamodb = client
        self._table = table

    def get(self, user: str, job: str) -> Job | None:
        item = self._get(user, job)
        return _job(item) if item else None

    def put_new(self, job: Job) -> bool:
        return self._put(_item(job), "attribute_not_exists(job)")

    def replace(self, old: Job, new: Job) -> bool:
        item = _item(new)
        item["version"] = {"N": str(old.version + 1)}
        return self._put(item, "version = :version", {":version": {"N": str(old.version)}})

    def remove(self, job: Job) -> bool:
        with unavailable(f"DeleteItem {self._table}"):
            try:
                self._dynamodb.delete_item(
                    TableName=self._table,
                    Key=_key(job.user, job.id),
                    ConditionExpression="version = :version",
                    ExpressionAttributeValues={":version": {"N": str(job.version)}},
                )
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return False
        return True

    def of_user(self, user: str, before: str = "", limit: int = 50) -> list[Job]:
        with unavailable(f"Query {self._table}"):
            answer = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="#user = :user AND job BETWEEN :first AND :last",
                ExpressionAttributeNames={"#user": "user"},
                # Ids are digits and small letters; a key just below `before` ends in a character before them all.
                ExpressionAttributeValues={
                    ":user": {"S": user},
                    ":first": {"S": "0"},
                    ":last": {"S": _below(before) if before else "~"},
                },
                ScanIndexForward=False,
                ConsistentRead=True,
                Limit=limit,
            )
        return [_job(item) for item in answer["Items"]]

    def in_state(self, state: str, since: str, until: str, newest_first: bool = False) -> Iterator[Job]:
        more: dict[str, Any] = {"ScanIndexForward": False, "Limit": PAGE} if newest_first else {}
        while True:
            with unavailable(f"Query {self._table}/{BY_STATE}"):
                answer = self._dynamodb.query(
                    TableName=self._table,
                    IndexName=BY_STATE,
                    KeyConditionExpression="#state = :state AND since BETWEEN :since AND :until",
                    ExpressionAttributeNames={"#state": "state"},
                    ExpressionAttributeValues={":state": {"S": state}, ":since": {"S": since}, ":until": {"S": until}},
                    **more,
                )
            yield from (_job(item) for item in answer["Items"])
            if not answer.get("LastEvaluatedKey"):
                return
            more["ExclusiveStartKey"] = answer["LastEvaluatedKey"]

    def owner(self, user: str) -> Owner | None:
        item = self._get(user, OWNER)
        if not item:
            return None
        return Owner(user, int(item["version"]["N"]), item["plan"]["S"], item["email"]["S"])

    def put_owner(self, owner: Owner) -> bool:
        item = {
            **_key(owner.user, OWNER),
            "version": {"N": str(owner.n)},
            "plan": {"S": owner.plan},
            "email": {"S": owner.email},
        }
        return self._put(item, "attribute_not_exists(job) OR version < :version", {":version": item["version"]})

    def remove_owner(self, user: str) -> None:
        with unavailable(f"DeleteItem {self._table}"):
            self._dynamodb.delete_item(TableName=self._table, Key=_key(user, OWNER))

    def put_doubt(self, doubt: Doubt) -> None:
        item = {**_key(DOUBTS, _doubt_key(doubt)), "owner": {"S": doubt.user}, "event": {"S": doubt.event}}
        with unavailable(f"PutItem {self._table}"):
            self._dynamodb.put_item(TableName=self._table, Item=item)

    def doubts(self, limit: int) -> list[Doubt]:
        with unavailable(f"Query {self._table}"):
            answer = self._dynamodb.query(
                TableName=self._table,
                KeyConditionExpression="#user = :user",
                ExpressionAttributeNames={"#user": "user"},
                ExpressionAttributeValues={":user": {"S": DOUBTS}},
                ConsistentRead=True,
                Limit=limit,
            )
        return [
            Doubt(item["owner"]["S"], item["job"]["S"].partition(" ")[0], item["event"]["S"])
            for item in answer["Items"]
        ]

    def remove_doubt(self, doubt: Doubt) -> None:
        with unavailable(f"DeleteItem {self._table}"):
            self._dynamodb.delete_item(TableName=self._table, Key=_key(DOUBTS, _doubt_key(doubt)))

    def _get(self, user: str, job: str) -> dict[str, Any] | None:
        with unavailable(f"GetItem {self._table}"):
            answer = self._dynamodb.get_item(TableName=self._table, Key=_key(user, job), ConsistentRead=True)
        return answer.get("Item")

    def _put(self, item: dict[str, Any], condition: str, values: dict[str, Any] | None = None) -> bool:
        more: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
        with unavailable(f"PutItem {self._table}"):
            try:
                self._dynamodb.put_item(TableName=self._table, Item=item, ConditionExpression=condition, **more)
            except self._dynamodb.exceptions.ConditionalCheckFailedException:
                return False
        return True


def _key(user: str, job: str) -> dict[str, Any]:
    return {"user": {"S": user}, "job": {"S": job}}


def _doubt_key(doubt: Doubt) -> str:
    """Job ids sort by time, so the oldest job comes first."""
    return f"{doubt.job} {doubt.event} {doubt.user}"


def _below(job: str) -> str:
    """The greatest key of interest under `job`: ids are of one length, so its prefix is under it and above others."""
    return job[:-1] + chr(ord(job[-1]) - 1) + "~"


def _item(job: Job) -> dict[str, Any]:
    return {
        **_key(job.user, job.id),
        "state": {"S": job.state},
        "since": {"S": job.since},
        "version": {"N": str(job.version)},
        "body": {"S": json.dumps(job.to_json(), ensure_ascii=False, separators=(",", ":"))},
    }


def _job(item: dict[str, Any]) -> Job:
    body = json.loads(item["body"]["S"])
    return Job.from_json({**body, "version": int(item["version"]["N"])})
