"""The `seen` table: which revision of a post was claimed or sent."""

from pulumi_aws import dynamodb

from . import iam
from .component import Component, Scope
from .role import Grant


class SeenTable(Component):
    """Key `project#post_id#language`, on demand, with point-in-time recovery."""

    def __init__(self, noun: str, scope: Scope) -> None:
        super().__init__("Table", noun, scope)
        self.table = dynamodb.Table(
            self.name,
            attributes=[{"name": "key", "type": "S"}],
            hash_key="key",
            billing_mode="PAY_PER_REQUEST",
            ttl={"attribute_name": "expires", "enabled": True},  # of claims nobody came back to
            point_in_time_recovery={"enabled": True},
            server_side_encryption={"enabled": True},
            deletion_protection_enabled=scope.protect,
            tags=self.tags,
            opts=self.child(holds_data=True),
        )
        self.register_outputs({"table": self.table.name})

    def claim(self) -> Grant:
        """Read, claim, mark as sent: what the scraper does to a row."""
        actions = ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"]
        return self.table.arn.apply(lambda arn: iam.allow(actions, [arn]))
