"""Repositories of container images, and tasks: an image, what it runs, under which role, with which environment."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pulumi
from pulumi_aws import cloudwatch, ecr, ecs
from pulumi_aws import iam as aws_iam

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope
from labelmill_infra.role import Grant, Role

KEPT_IMAGES = 20
SCRATCH = "scratch"
SCRATCH_FOLDER = "/tmp"  # noqa: S108 a volume of the task's own
TASK_SERVICES = ("ecs-tasks.amazonaws.com",)  # who takes a task's roles


class ImageRepository(Component):
    """Each tag is written once and scanned when pushed; old images are let go."""

    def __init__(self, noun: str, scope: Scope) -> None:
        super().__init__("Images", noun, scope)
        self.repository = ecr.Repository(
            self.name,
            image_tag_mutability="IMMUTABLE",
            image_scanning_configuration={"scan_on_push": True},
            encryption_configurations=[{"encryption_type": "AES256"}],
            force_delete=not scope.protect,
            tags=self.tags,
            opts=self.child(),
        )
        ecr.LifecyclePolicy(
            self.name, repository=self.repository.name, policy=json.dumps(_image_lifecycle()), opts=self.child()
        )
        self.url = self.repository.repository_url
        self.register_outputs({"url": self.url})

    def pull(self) -> Grant:
        actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        return self.repository.arn.apply(lambda arn: iam.allow(actions, [arn]))


class Task(Component):
    """Its execution role pulls the image, writes the logs and reads the secrets; its own role does the work."""

    def __init__(
        self,
        noun: str,
        scope: Scope,
        *,
        images: ImageRepository,
        tag: str,
        command: Sequence[str],
        role: Role,
        memory: int,
        architecture: str,
        environment: Mapping[str, pulumi.Input[str]],
        secrets: Mapping[str, pulumi.Input[str]] | None = None,
    ) -> None:
        """`memory` in MiB; `secrets`: variable → ARN in Secrets Manager, read when the task starts."""
        super().__init__("Task", noun, scope)
        secrets = secrets or {}
        logs = cloudwatch.LogGroup(
            self.name, retention_in_days=scope.log_retention_days, tags=self.tags, opts=self.child()
        )
        self.execution_role = aws_iam.Role(
            f"{self.name}-start",
            assume_role_policy=iam.trust(TASK_SERVICES),
            tags=self.tags,
            opts=self.child(),
        )
        grants: list[Grant] = [images.pull(), iam.registry_login(), logs.arn.apply(iam.write_logs)]
        if secrets:
            grants.append(pulumi.Output.all(*secrets.values()).apply(iam.read_secrets))
        aws_iam.RolePolicy(
            f"{self.name}-start",
            role=self.execution_role.id,
            policy=pulumi.Output.all(*grants).apply(iam.document),
            opts=self.child(),
        )
        self.role = role
        self.definition = ecs.TaskDefinition(
            self.name,
            family=self.name,
            network_mode="bridge",  # a task of its own address would have none that reaches the web
            requires_compatibilities=["EC2"],
            runtime_platform={
                "cpu_architecture": {"arm64": "ARM64", "x86_64": "X86_64"}[architecture],
                "operating_system_family": "LINUX",
            },
            task_role_arn=role.role.arn,
            execution_role_arn=self.execution_role.arn,
            container_definitions=pulumi.Output.json_dumps(
                [
                    {
                        "name": noun,
                        "image": pulumi.Output.concat(images.url, ":", tag or "none"),
                        "command": list(command),
                        "essential": True,
                        "memory": memory,
                        "stopTimeout": 120,
                        # The user is the image's own. It gains nothing by any program it starts, and writes nowhere
                        # but in a volume that goes when the task does.
                        "readonlyRootFilesystem": True,
                        "dockerSecurityOptions": ["no-new-privileges"],
                        "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
                        "mountPoints": [{"sourceVolume": SCRATCH, "containerPath": SCRATCH_FOLDER, "readOnly": False}],
                        "environment": _pairs("value", environment),
                        "secrets": _pairs("valueFrom", secrets),
                        "logConfiguration": {
                            "logDriver": "awslogs",
                            "options": {
                                "awslogs-group": logs.name,
                                "awslogs-region": environment["REGION"],
                                "awslogs-stream-prefix": noun,
                            },
                        },
                    }
                ]
            ),
            # One of Docker's own: a new one takes the rights of the image's /tmp, where every user may write.
            volumes=[{"name": SCRATCH, "docker_volume_configuration": {"scope": "task", "driver": "local"}}],
            skip_destroy=True,  # a rollback goes back to the definition before
            tags=self.tags,
            opts=self.child(),
        )
        self.register_outputs({"definition": self.definition.arn})


def _pairs(key: str, values: Mapping[str, pulumi.Input[str]]) -> list[dict[str, Any]]:
    return [{"name": name, key: value} for name, value in sorted(values.items())]


def _image_lifecycle() -> dict[str, object]:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT_IMAGES}
    return {"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}
