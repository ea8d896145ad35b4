"""A secret in Secrets Manager, read by whoever was granted it."""

import pulumi
from pulumi_aws import secretsmanager

from . import iam
from .component import Component, Scope
from .role import Grant


class Secret(Component):
    def __init__(self, noun: str, scope: Scope, *, description: str, value: pulumi.Output[str]) -> None:
        super().__init__("Secret", noun, scope)
        secret = secretsmanager.Secret(
            self.name,
            description=description,
            recovery_window_in_days=30 if scope.protect else 0,
            tags=self.tags,
            opts=self.child(),
        )
        secretsmanager.SecretVersion(self.name, secret_id=secret.id, secret_string=value, opts=self.child())
        self.arn = secret.arn
        self.register_outputs({"arn": self.arn})

    def read(self) -> Grant:
        return self.arn.apply(lambda arn: iam.read_secrets([arn]))
