"""A role of one program: who may take it, and the grants it was given."""

from collections.abc import Sequence

import pulumi
from pulumi_aws import iam as aws_iam

from . import iam
from .component import Component, Scope

# A permission that a resource hands to its consumer: known once the resource's ARN is.
Grant = pulumi.Input[iam.Statement]


class Role(Component):
    """An IAM role with one inline policy made of grants; no managed policies, which nobody reviews."""

    def __init__(self, noun: str, scope: Scope, *, services: Sequence[str], grants: Sequence[Grant]) -> None:
        super().__init__("Role", noun, scope)
        self.role = aws_iam.Role(self.name, assume_role_policy=iam.trust(services), tags=self.tags, opts=self.child())
        self.policy = aws_iam.RolePolicy(
            self.name,
            role=self.role.id,
            policy=pulumi.Output.all(*grants).apply(iam.document),
            opts=self.child(),
        )
        self.register_outputs({"arn": self.role.arn})
