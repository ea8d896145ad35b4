"""What a run of the program registered, as plain data: what guardrails check and pictures are drawn from."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Resource:
    """`inputs` have the provider's camelCase names; `outputs` hold at least `arn` and `id`."""

    kind: str  # such as aws:sqs/queue:Queue
    name: str
    inputs: dict[str, Any]
    outputs: dict[str, Any] = field(default_factory=dict)
    urn: str = ""
    parent: str = ""  # urn
    protect: bool = False
    depends_on: tuple[str, ...] = ()  # urns, of references and of explicit dependencies
    is_component: bool = False
    ignores: tuple[str, ...] = ()  # inputs that something else changes once the resource is there

    def __str__(self) -> str:
        return f"{self.kind.split(':')[-1]} {self.name}"

    def json(self, key: str) -> dict[str, Any]:
        """An input that holds a JSON object as text; empty when there is none."""
        value = self.inputs.get(key)
        return dict(json.loads(value)) if value else {}


@dataclass(frozen=True)
class RecordedStack:
    name: str
    resources: tuple[Resource, ...]
    outputs: dict[str, Any] = field(default_factory=dict)
    secret_outputs: frozenset[str] = frozenset()

    def of(self, *kinds: str) -> Iterator[Resource]:
        return (one for one in self.resources if one.kind in kinds)


def statements(resource: Resource, *keys: str) -> Iterable[dict[str, Any]]:
    """The statements of the policy documents among a resource's inputs."""
    for key in keys:
        found = resource.json(key).get("Statement", [])
        yield from [found] if isinstance(found, dict) else found
