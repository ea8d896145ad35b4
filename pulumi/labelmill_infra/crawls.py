"""The scraper on a schedule: one schedule, whose task runs every source that is due (`python -m scraper due`)."""

import pulumi
from pulumi_aws import ecs, scheduler
from pulumi_aws import iam as aws_iam

from . import iam
from .component import Component, Scope
from .dead_letters import DeadLetterQueue
from .fleet import Fleet
from .task import Task


class Crawls(Component):
    def __init__(
        self,
        noun: str,
        scope: Scope,
        *,
        expression: str,
        cluster: ecs.Cluster,
        fleet: Fleet,
        task: Task,
        account: pulumi.Input[str],
        enabled: bool,
        alarms: pulumi.Input[str],
    ) -> None:
        """`enabled`: false while there is no image to run."""
        super().__init__("Crawls", noun, scope)
        self.dlq = DeadLetterQueue(f"{noun}-dlq", scope, alarms=alarms)
        role = aws_iam.Role(
            self.name,
            assume_role_policy=pulumi.Output.from_input(account).apply(
                lambda known: iam.trust(["scheduler.amazonaws.com"], known)
            ),
            tags=self.tags,
            opts=self.child(),
        )
        aws_iam.RolePolicy(
            self.name,
            role=role.id,
            policy=pulumi.Output.all(
                task.definition.arn_without_revision,
                cluster.arn,
                task.role.role.arn,
                task.execution_role.arn,
                self.dlq.queue.arn,
            ).apply(lambda arns: iam.document(iam.run_task(*arns))),
            opts=self.child(),
        )
        group = scheduler.ScheduleGroup(self.name, tags=self.tags, opts=self.child())
        scheduler.Schedule(
            self.name,
            group_name=group.name,
            schedule_expression=expression,
            # Sites are not asked at the full hour, when everybody asks them.
            flexible_time_window={"mode": "FLEXIBLE", "maximum_window_in_minutes": 5},
            state="ENABLED" if enabled else "DISABLED",
            target={
                "arn": cluster.arn,
                "role_arn": role.arn,
                "ecs_parameters": {
                    "task_definition_arn": task.definition.arn,
                    "task_count": 1,
                    "capacity_provider_strategies": [{"capacity_provider": fleet.provider.name, "weight": 1}],
                    "propagate_tags": "TASK_DEFINITION",
                },
                "dead_letter_config": {"arn": self.dlq.queue.arn},
                "retry_policy": {"maximum_retry_attempts": 3, "maximum_event_age_in_seconds": 3600},
            },
            opts=self.child(),
        )
        self.register_outputs({"dlq_url": self.dlq.queue.id})
