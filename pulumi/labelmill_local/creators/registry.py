"""Which function makes which type of resource."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labelmill_local.clients import Clients

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
