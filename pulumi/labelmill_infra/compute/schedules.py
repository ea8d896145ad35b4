"""What EventBridge sends by the clock: messages to queues, and the scraper's task."""

import json

import pulumi
from pulumi_aws import ecs, scheduler
from pulumi_aws import iam as aws_iam

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope
from labelmill_infra.messaging.queue import DeadLetterQueue, WorkQueue
from labelmill_infra.role import Grant, Role

from .fleet import Fleet
from .task import Task

SERVICE = "scheduler.amazonaws.com"


class Schedules(Component):
    def __init__(self, noun: str, scope: Scope, *, queues: list[WorkQueue]) -> None:
        """`queues`: all that its schedules may send to."""
        super().__init__("Schedules", noun, scope)
        self.group = scheduler.ScheduleGroup(self.name, name=self.name, tags=self.tags, opts=self.child())
        self.role = Role(f"{noun}-schedules", scope, services=[SERVICE], grants=[queue.send() for queue in queues])

    def every(self, minutes: int, queue: WorkQueue, body: dict[str, str]) -> None:
        scheduler.Schedule(
            f"{self.name}-{queue.noun}",
            group_name=self.group.name,
            schedule_expression=f"rate({minutes} minutes)",
            flexible_time_window={"mode": "OFF"},
            target={"arn": queue.queue.arn, "role_arn": self.role.role.arn, "input": json.dumps(body)},
            opts=self.child(depends_on=[self.role.policy]),
        )

    def once(self) -> list[Grant]:
        """Make one-time schedules in the group, sent by its role."""
        made = self.group.arn.apply(
            lambda arn: iam.allow(["scheduler:CreateSchedule"], [f"{arn.replace(':schedule-group/', ':schedule/')}/*"])
        )
        passed: pulumi.Output[iam.Statement] = self.role.role.arn.apply(
            lambda arn: iam.allow(["iam:PassRole"], [arn], {"StringEquals": {"iam:PassedToService": SERVICE}})
        )
        return [made, passed]


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
