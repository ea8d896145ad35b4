"""Schedules that send to queues: a group for one-time ones made by programs, a role that all are sent by."""

import json

import pulumi
from pulumi_aws import scheduler

from . import iam
from .component import Component, Scope
from .queue import WorkQueue
from .role import Grant, Role

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
