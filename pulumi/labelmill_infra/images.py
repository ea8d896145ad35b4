"""A repository of container images: each tag written once, scanned when pushed, the old ones let go."""

import json

from pulumi_aws import ecr

from . import iam
from .component import Component, Scope
from .role import Grant

KEPT_IMAGES = 20


class ImageRepository(Component):
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
            self.name, repository=self.repository.name, policy=json.dumps(_lifecycle()), opts=self.child()
        )
        self.url = self.repository.repository_url
        self.register_outputs({"url": self.url})

    def pull(self) -> Grant:
        actions = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
        return self.repository.arn.apply(lambda arn: iam.allow(actions, [arn]))


def _lifecycle() -> dict[str, object]:
    selection = {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": KEPT_IMAGES}
    return {"rules": [{"rulePriority": 1, "selection": selection, "action": {"type": "expire"}}]}
