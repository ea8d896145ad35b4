"""Tasks that work off queues: as many as their backlogs need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import appautoscaling, cloudwatch, ecs, sqs
from pulumi_aws import iam as aws_iam

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope

from .fleet import Fleet
from .task import Task

# Messages for each running task. Without a task, and where none was counted, it is all that waits: no scale-in.
EACH = "({waiting}) / IF(FILL(tasks, 0) > 0, FILL(tasks, 0), 1)"
# What waits while nobody works. It may be below the target, and nothing times any factor stays nothing, so the first
# task has a rule of its own.
UNATTENDED = "IF(FILL(tasks, 0) > 0, 0, {waiting})"
SCALE_IN_SECONDS = 600
SCALE_OUT_SECONDS = 60
FIRST_SECONDS = 600  # within which a machine has started and the first task is counted


@dataclass(frozen=True)
class Backlog:
    """A queue, and how many of its messages one task may have before it: the wait that is borne ÷ the time of each."""

    queue: sqs.Queue
    each: int


@dataclass(frozen=True)
class _Metric:
    id: str
    namespace: str
    name: str
    dimensions: Mapping[str, pulumi.Input[str]]


def _tracked(one: _Metric) -> Any:
    """A metric as target tracking names it."""
    dimensions = [{"name": key, "value": value} for key, value in one.dimensions.items()]
    metric = {"namespace": one.namespace, "metric_name": one.name, "dimensions": dimensions}
    return {"id": one.id, "return_data": False, "metric_stat": {"stat": "Average", "metric": metric}}


def _queried(one: _Metric) -> Any:
    """The same as an alarm names it."""
    metric = {"namespace": one.namespace, "metric_name": one.name, "dimensions": dict(one.dimensions)}
    return {"id": one.id, "return_data": False, "metric": {**metric, "stat": "Average", "period": 60}}


class QueueService(Component):
    """Scales by messages per running task, so that how long one waits is the same whatever their number."""

    def __init__(
        self,
        noun: str,
        scope: Scope,
        *,
        cluster: ecs.Cluster,
        fleet: Fleet,
        task: Task,
        backlogs: Sequence[Backlog],
        least: int,
        most: int,
        enabled: bool,
        offered: pulumi.Resource,
    ) -> None:
        """`backlogs`: of all queues that the tasks work off; the others count in messages of the first. `enabled`:
        false while there is no image to run. `offered`: the cluster's list of kinds of machines."""
        super().__init__("Service", noun, scope)
        self.provider = fleet.provider.name
        # What a deployment switches it to.
        self.definition: pulumi.Input[str] = task.definition.arn if enabled else ""
        self.service = service = ecs.Service(
            self.name,
            cluster=cluster.arn,
            task_definition=task.definition.arn,
            desired_count=least if enabled else 0,
            capacity_provider_strategies=[{"capacity_provider": fleet.provider.name, "weight": 1}],
            deployment_circuit_breaker={"enable": True, "rollback": True},
            deployment_minimum_healthy_percent=0,  # messages wait; a deployment needs no second machine
            deployment_maximum_percent=200,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            tags=self.tags,
            # From then on the number of tasks is the scaling's, and what they run the deployment's: it migrates the
            # database before it switches them.
            opts=self.child(depends_on=[offered], ignore_changes=["desiredCount", "taskDefinition"]),
        )
        target = appautoscaling.Target(
            self.name,
            service_namespace="ecs",
            scalable_dimension="ecs:service:DesiredCount",
            resource_id=pulumi.Output.concat("service/", cluster.name, "/", service.name),
            min_capacity=least if enabled else 0,
            max_capacity=most if enabled else 0,
            tags=self.tags,
            opts=self.child(),
        )
        first, *others = backlogs
        # A queue that nothing was sent to for hours is not measured.
        shares = [f" + FILL(backlog{at}, 0) * {first.each / one.each:g}" for at, one in enumerate(others, 2)]
        waiting = f"FILL(backlog, 0){''.join(shares)}"
        measured = [
            *(
                _Metric(
                    f"backlog{at if at > 1 else ''}",
                    "AWS/SQS",
                    "ApproximateNumberOfMessagesVisible",
                    {"QueueName": one.queue.name},
                )
                for at, one in enumerate(backlogs, 1)
            ),
            _Metric(
                "tasks",
                "ECS/ContainerInsights",
                "RunningTaskCount",
                {"ClusterName": cluster.name, "ServiceName": service.name},
            ),
        ]
        appautoscaling.Policy(
            self.name,
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration={
                "target_value": first.each,
                "scale_in_cooldown": SCALE_IN_SECONDS,
                "scale_out_cooldown": SCALE_OUT_SECONDS,
                "customized_metric_specification": {
                    "metrics": [
                        *(_tracked(one) for one in measured),
                        {"id": "each", "expression": EACH.format(waiting=waiting), "return_data": True},
                    ]
                },
            },
            opts=self.child(),
        )
        if least == 0:
            self._first(target, measured, waiting)
        self._protects_itself(cluster, task)
        self.register_outputs({"service": service.name})

    def _first(self, target: appautoscaling.Target, measured: Sequence[_Metric], waiting: str) -> None:
        """One task as soon as anything waits while there is none."""
        policy = appautoscaling.Policy(
            f"{self.name}-first",
            policy_type="StepScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            step_scaling_policy_configuration={
                "adjustment_type": "ChangeInCapacity",
                "cooldown": FIRST_SECONDS,
                "metric_aggregation_type": "Maximum",
                "step_adjustments": [{"scaling_adjustment": 1, "metric_interval_lower_bound": "0"}],
            },
            opts=self.child(),
        )
        cloudwatch.MetricAlarm(
            f"{self.name}-first",
            metric_queries=[
                *(_queried(one) for one in measured),
                {
                    "id": "unattended",
                    "expression": UNATTENDED.format(waiting=waiting),
                    "label": "Waiting for a first task",
                    "return_data": True,
                },
            ],
            comparison_operator="GreaterThanThreshold",
            threshold=0,
            evaluation_periods=1,
            treat_missing_data="notBreaching",
            alarm_description=f"Messages of {self.noun} wait and no task runs: it starts the first one, tells nobody.",
            alarm_actions=[policy.arn],
            tags=self.tags,
            opts=self.child(),
        )

    def _protects_itself(self, cluster: ecs.Cluster, task: Task) -> None:
        """Lets a task say that it is at work: it is not ended then by there being less to do, or by a deployment."""
        aws_iam.RolePolicy(
            f"{self.name}-protection",
            role=task.role.role.id,
            policy=cluster.arn.apply(lambda arn: iam.document([iam.protect_tasks(arn)])),
            opts=self.child(),
        )
