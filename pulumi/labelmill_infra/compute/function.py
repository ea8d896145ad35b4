"""A Lambda function that works off a queue."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_aws import cloudwatch, lambda_

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope
from labelmill_infra.messaging.queue import WorkQueue
from labelmill_infra.observe.alarms import FUNCTION_FAILING, alarm_failing
from labelmill_infra.role import Grant, Role
from labelmill_infra.topology import PYTHON, FunctionSpec

# Lambda takes no fewer. Without a limit here, receives that reserved concurrency throttles would count towards the DLQ.
FEWEST_CONSUMERS = 2


class QueueFunction(Component):
    """The function, its role and log group, and the mapping that feeds it from a queue in batches.

    It answers with the ids of the records that failed: the others are deleted, and only those come again.
    """

    def __init__(
        self,
        spec: FunctionSpec,
        scope: Scope,
        *,
        package: str,
        architecture: str,
        queue: WorkQueue,
        environment: Mapping[str, pulumi.Input[str]],
        grants: Sequence[Grant],
        alarms: pulumi.Input[str],
    ) -> None:
        super().__init__("Function", spec.name, scope)
        logs = cloudwatch.LogGroup(
            self.name,
            name=f"/aws/lambda/{self.name}",
            retention_in_days=scope.log_retention_days,
            tags=self.tags,
            opts=self.child(),
        )
        self.role = Role(
            spec.name,
            scope,
            services=["lambda.amazonaws.com"],
            grants=[
                *grants,
                queue.consume(),
                logs.arn.apply(iam.write_logs),
                iam.tracing(),
            ],
        )
        self.function = lambda_.Function(
            self.name,
            runtime=f"python{PYTHON}",
            architectures=[architecture],
            handler=spec.handler,
            code=pulumi.FileArchive(package),
            role=self.role.role.arn,
            timeout=spec.timeout,
            memory_size=spec.memory,
            reserved_concurrent_executions=spec.concurrency if scope.reserve else -1,
            environment={"variables": environment},
            logging_config={"log_format": "JSON", "log_group": logs.name},
            tracing_config={"mode": "Active"},
            tags=self.tags,
            # Without its policy a function that the mapping wakes at once would fail its first batch.
            opts=self.child(depends_on=[self.role.policy]),
        )
        lambda_.EventSourceMapping(
            self.name,
            event_source_arn=queue.queue.arn,
            function_name=self.function.arn,
            batch_size=spec.batch,
            maximum_batching_window_in_seconds=spec.window,
            scaling_config={"maximum_concurrency": max(FEWEST_CONSUMERS, spec.concurrency)},
            function_response_types=["ReportBatchItemFailures"],
            tags=self.tags,
            opts=self.child(),
        )
        alarm_failing(
            self,
            {"FunctionName": self.function.name},
            FUNCTION_FAILING,
            says=f"{self.name}: read its log group.",
            tell=alarms,
        )
        self.register_outputs({"name": self.function.name})

    def outputs(self) -> dict[str, pulumi.Input[str]]:
        return {f"{self.noun}_function_name": self.function.name, f"{self.noun}_role_arn": self.role.role.arn}
