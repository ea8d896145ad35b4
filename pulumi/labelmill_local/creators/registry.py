"""Which function makes which type of resource, and which types mean nothing on one machine."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from .clients import Clients

Inputs = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """What a creator returns: the provider's id of the resource, and the outputs beside its inputs."""

    id: str
    outputs: dict[str, Any] = field(default_factory=dict)


Creator = Callable[[Clients, str, Inputs], Made]
CREATORS: dict[str, Creator] = {}


class UnknownType(NotImplementedError):
    """No creator makes this type; never skipped in silence, or the local stack would lack what AWS has."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(
            f"the local AWS can't make {kind} ({name}): write its creator in pulumi/labelmill_local/creators, "
            "or put it on the list of what means nothing locally, with the reason"
        )


def creates(kind: str) -> Callable[[Creator], Creator]:
    """Registers a creator: given (clients, logical name, inputs) it creates the resource, or adopts the one there."""

    def register(creator: Creator) -> Creator:
        if kind in CREATORS:
            raise ValueError(f"two creators of {kind}")
        CREATORS[kind] = creator
        return creator

    return register


# A whole service by its module, `aws:<module>/`, or one type.
MEANINGLESS = {
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "the emulator has no object ACLs to switch off",
    "aws:s3/bucketPolicy:BucketPolicy": "it refuses plain HTTP, which is what the emulator speaks on the loopback",
    "aws:ec2/": "one machine is no network",
    "aws:vpc/": "one machine is no network",
    "aws:ecs/": "what runs in containers on AWS runs as ordinary processes here",
    "aws:ecr/": "processes need no images",
    "aws:autoscaling/": "there are no machines to start",
    "aws:appautoscaling/": "processes are started by hand",
    "aws:iam/instanceProfile:InstanceProfile": "there are no machines to take a role",
    "aws:rds/": "the database is SQLite, or a PostgreSQL of one's own",
    "aws:cloudwatch/logDelivery:LogDelivery": "there is no CloudFront to log",
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": "there is no CloudFront to log",
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": "there is no CloudFront to log",
    "aws:cloudfront/": "the labeler and its static files are served by one process",
    "aws:acm/": "the loopback needs no certificate",
    "aws:route53/": "the loopback needs no name",
    "aws:budgets/": "nothing here costs anything",
}


def why_meaningless(kind: str) -> str:
    """The reason why nothing is made of a type; empty where something is."""
    return MEANINGLESS.get(kind) or MEANINGLESS.get(kind.split("/")[0] + "/", "")
