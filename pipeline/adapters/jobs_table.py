"""The table `jobs` in DynamoDB: hash key `user`, range key `job`, index `by-state` on `state` and `since`.

Owners lie beside their jobs under the range key `!owner`, which no job id can be; mails in doubt lie together under the
hash key `!doubts`, which no user is. Neither has a state, so the index holds jobs alone. boto3 is imported by
`adapters.aws` alone; the client comes from there.
"""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipeline.adapters.aws import unavailable
from pipeline.jobs.job import Doubt, Job, Owner

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

BY_STATE = "by-state"
OWNER = "!owner"
DOUBTS = "!doubts"
PAGE = 50  # jobs read at once where the reader may stop early


class DynamoJobs:
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
