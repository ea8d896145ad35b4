"""Tasks that work off a queue: as many as its backlog needs."""

import pulumi
from pulumi_aws import appautoscaling, ecs, sqs

from .component import Component, Scope
from .fleet import Fleet
from .task import Task

# With no task running, and none counted, the backlog itself is the measure: the first task comes.
EACH = "backlog / IF(FILL(tasks, 0) > 0, FILL(tasks, 0), 1)"
SCALE_IN_SECONDS = 600
SCALE_OUT_SECONDS = 60


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
        queue: sqs.Queue,
        backlog: int,
        least: int,
        most: int,
        enabled: bool,
        offered: pulumi.Resource,
    ) -> None:
        """`backlog`: messages that one task may have before it (the wait they may bear ÷ the time each takes).
        `enabled`: false while there is no image to run. `offered`: the cluster's list of kinds of machines."""
        super().__init__("Service", noun, scope)
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
            # The number of tasks is the scaling's from then on.
            opts=self.child(depends_on=[offered], ignore_changes=["desiredCount"]),
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
        appautoscaling.Policy(
            self.name,
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            scalable_dimension=target.scalable_dimension,
            resource_id=target.resource_id,
            target_tracking_scaling_policy_configuration={
                "target_value": backlog,
                "scale_in_cooldown": SCALE_IN_SECONDS,
                "scale_out_cooldown": SCALE_OUT_SECONDS,
                "customized_metric_specification": {
                    "metrics": [
                        {
                            "id": "backlog",
                            "return_data": False,
                            "metric_stat": {
                                "stat": "Average",
                                "metric": {
                                    "namespace": "AWS/SQS",
                                    "metric_name": "ApproximateNumberOfMessagesVisible",
                                    "dimensions": [{"name": "QueueName", "value": queue.name}],
                                },
                            },
                        },
                        {
                            "id": "tasks",
                            "return_data": False,
                            "metric_stat": {
                                "stat": "Average",
                                "metric": {
                                    "namespace": "ECS/ContainerInsights",
                                    "metric_name": "RunningTaskCount",
                                    "dimensions": [
                                        {"name": "ClusterName", "value": cluster.name},
                                        {"name": "ServiceName", "value": service.name},
                                    ],
                                },
                            },
                        },
                        {"id": "each", "expression": EACH, "return_data": True},
                    ]
                },
            },
            opts=self.child(),
        )
        self.register_outputs({"service": service.name})
