"""What the labeler's function needs that Zappa does not make: its buckets, its log group, its secrets.

Zappa makes the function and its API Gateway, and nothing else may ever invoke that function: an event that comes from
anywhere but the API Gateway can run any code in it. So no queue, topic or schedule is wired to it.
"""

import pulumi
from pulumi_aws import cloudwatch, secretsmanager

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope
from labelmill_infra.observe.alarms import FUNCTION_FAILING, alarm_failing
from labelmill_infra.role import Grant
from labelmill_infra.storage.bucket import PrivateBucket

# By dimension and metric, how many in five minutes are borne. While a database wakes there are some answers of 503.
FAILING = {
    "FunctionName": FUNCTION_FAILING,
    "ApiName": {"AWS/ApiGateway/5XXError": 30},
}


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


class Labeler(Component):
    def __init__(
        self,
        noun: str,
        scope: Scope,
        *,
        region: str,
        account: pulumi.Input[str],
        secret_key: pulumi.Output[str],
        origin_secret: pulumi.Output[str],
        log_to: pulumi.Input[str],
        alarms: pulumi.Input[str],
    ) -> None:
        super().__init__("Web", noun, scope)
        # Zappa calls its function <project>-<stage>.
        self.function_name = f"{scope.project}-{scope.stack}"
        self.function_arn = pulumi.Output.concat(
            "arn:aws:lambda:", region, ":", account, ":function:", self.function_name
        )
        self.logs = cloudwatch.LogGroup(
            self.name,
            name=f"/aws/lambda/{self.function_name}",
            retention_in_days=scope.log_retention_days,
            tags=self.tags,
            opts=self.child(),
        )
        for dimension, borne in FAILING.items():
            alarm_failing(
                self,
                {dimension: self.function_name},
                borne,
                says=f"the labeler: read the log group of {self.function_name}.",
                tell=alarms,
            )
        self.deploy = PrivateBucket(
            "deploy", scope, log_to=log_to, expire_days={"": 30}
        )  # packages on their way to Lambda
        self.static = PrivateBucket("static", scope, log_to=log_to, has_reader=True)
        self.secret_key = Secret("secret-key", scope, description="Django's secret key", value=secret_key)
        self.origin_secret = Secret(
            "origin-secret", scope, description="What CloudFront proves itself by", value=origin_secret
        )
        self.register_outputs({"function_name": self.function_name})

    def grant_function(self) -> list[Grant]:
        """What the function's role needs to run inside the network and be called by its API Gateway."""
        return [
            self.secret_key.read(),
            self.origin_secret.read(),
            self.logs.arn.apply(iam.write_logs),
            self.function_arn.apply(lambda arn: iam.allow(["lambda:InvokeFunction"], [arn])),
            iam.network_interfaces(),
            iam.tracing(),
        ]

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        return {
            "labeler_function_name": self.function_name,
            "deploy_bucket": self.deploy.bucket.id,
            "static_bucket": self.static.bucket.id,
            "secret_key_arn": self.secret_key.arn,
            "origin_secret_arn": self.origin_secret.arn,
        }
