"""The base of all components: names, tags and parenthood decided in one place."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Scope:
    """What every component of a stack shares."""

    project: str
    stack: str
    protect: bool
    log_retention_days: int
    reserve: bool  # whether functions keep their share of the account's concurrency

    def name(self, noun: str) -> str:
        """The logical name; on AWS, Pulumi appends a random suffix to it, so that a replacement never collides."""
        return f"{self.project}-{self.stack}-{noun}"


class Component(pulumi.ComponentResource):
    """A group of resources with one purpose, called `noun` within its stack."""

    def __init__(self, kind: str, noun: str, scope: Scope) -> None:
        super().__init__(f"labelmill:{kind}", scope.name(noun))
        self.scope = scope
        self.noun = noun
        self.name = scope.name(noun)

    @property
    def tags(self) -> dict[str, str]:
        """`cost` is what the bill is grouped by; `component` says where in the program to look."""
        return {
            "project": self.scope.project,
            "stack": self.scope.stack,
            "component": self.noun,
            "cost": f"{self.scope.project}-{self.scope.stack}",
        }

    def child(
        self,
        *,
        holds_data: bool = False,
        depends_on: list[pulumi.Resource] | None = None,
        ignore_changes: list[str] | None = None,
    ) -> pulumi.ResourceOptions:
        """Options of a child. What holds data can't be deleted by the program where the stack protects data.
        `ignore_changes`: properties that something else sets once the resource is there."""
        protect = True if holds_data and self.scope.protect else None
        return pulumi.ResourceOptions(
            parent=self, protect=protect, depends_on=depends_on, ignore_changes=ignore_changes
        )
