"""Tables of DynamoDB: on demand, encrypted, with point-in-time recovery."""

from typing import Any

from pulumi_aws import dynamodb

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope
from labelmill_infra.role import Grant

BY_STATE = "by-state"


class _Table(Component):
    def __init__(self, noun: str, scope: Scope, **keys: Any) -> None:
        """`keys`: attributes, keys and indexes as DynamoDB has them."""
        super().__init__("Table", noun, scope)
        self.table = dynamodb.Table(
            self.name,
            **keys,
            billing_mode="PAY_PER_REQUEST",
            point_in_time_recovery={"enabled": True},
            server_side_encryption={"enabled": True},
            deletion_protection_enabled=scope.protect,
            tags=self.tags,
            opts=self.child(holds_data=True),
        )
        self.register_outputs({"table": self.table.name})


class SeenTable(_Table):
    """Which revision of a post was claimed or sent, by `project#post_id#language`."""

    def __init__(self, noun: str, scope: Scope) -> None:
        super().__init__(
            noun,
            scope,
            attributes=[{"name": "key", "type": "S"}],
            hash_key="key",
            ttl={"attribute_name": "expires", "enabled": True},  # of claims nobody came back to
        )

    def claim(self) -> Grant:
        """Read, claim, mark as sent: what the scraper does to a row."""
        actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        return self.table.arn.apply(lambda arn: iam.allow(actions, [arn]))


class JobsTable(_Table):
    """Jobs by user and time, and by state and time; beside them what functions must know of users."""

    def __init__(self, noun: str, scope: Scope) -> None:
        super().__init__(
            noun,
            scope,
            attributes=[{"name": name, "type": "S"} for name in ("user", "job", "state", "since")],
            hash_key="user",
            range_key="job",
            global_secondary_indexes=[
                {"name": BY_STATE, "hash_key": "state", "range_key": "since", "projection_type": "ALL"}
            ],
        )

    def move(self) -> Grant:
        """Read jobs and owners, and write them conditionally."""
        actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:Query"]
        return self.table.arn.apply(lambda arn: iam.allow(actions, [arn, f"{arn}/index/{BY_STATE}"]))

    def remove(self) -> Grant:
        return self.table.arn.apply(lambda arn: iam.allow(["dynamodb:DeleteItem"], [arn]))
