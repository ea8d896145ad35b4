"""Records what the program would make, and makes nothing: for guardrails, pictures and the difference of two stacks."""

import threading
from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from labelmill_infra.recorded import RecordedStack, Resource

from .configuration import read_configuration
from .program import plain, run
from .stand_ins import stand_in

# Secrets have no default; nobody sees these.
_SECRETS = {"labelmill:secretKey": "k" * 50, "labelmill:originSecret": "o" * 32}
ACCOUNT = "123456789012"


class _Recording(Mocks):
    """Answers with plausible names."""

    def __init__(self, region: str) -> None:
        self.region = region

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = plain(args.inputs)
        return stand_in(args.typ, str(inputs.get("name") or args.name), inputs, self.region, ACCOUNT)

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        if args.token == "aws:index/getCallerIdentity:getCallerIdentity":  # noqa: S105 the name of a call
            return {"accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "id": ACCOUNT}, []
        if args.token == "aws:index/getAvailabilityZones:getAvailabilityZones":  # noqa: S105 the name of a call
            return {"names": [f"{self.region}{letter}" for letter in "abc"], "id": self.region}, []
        raise NotImplementedError(f"what {args.token} answers is not recorded")


class _RecordingMonitor(MockMonitor):
    """Sees whole requests: the mocks alone are told neither parent nor protection nor dependencies."""

    def __init__(self, mocks: Mocks) -> None:
        super().__init__(mocks)
        self.recorded: list[Resource] = []
        self._lock = threading.Lock()

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 the SDK's name
        response = super().RegisterResource(request)  # type: ignore[no-untyped-call]
        if request.type == "pulumi:pulumi:Stack":
            return response
        registered = self.resources[response.urn]
        inputs = plain(self._inputs(request))
        one = Resource(
            kind=request.type,
            name=request.name,
            inputs=inputs,
            outputs={**registered.state, "id": registered.id},
            urn=response.urn,
            parent=request.parent,
            protect=request.protect,
            depends_on=tuple(sorted(request.dependencies)),
            is_component=not request.custom,
            ignores=tuple(request.ignoreChanges),
        )
        with self._lock:
            self.recorded.append(one)
        return response

    @staticmethod
    def _inputs(request: Any) -> dict[str, Any]:
        from pulumi.runtime import rpc

        return dict(rpc.deserialize_properties(request.object))


def record(stack: str, *, package: str, **changes: str) -> RecordedStack:
    """All that the program registers for a stack, in the order of names. `package`: the functions' zip, never opened;
    `changes`: settings that differ from the stack's, by the name after `labelmill:`."""
    config = _SECRETS | read_configuration(stack) | {"labelmill:package": package}
    config |= {f"labelmill:{name}": value for name, value in changes.items()}
    monitor = _RecordingMonitor(_Recording(config["aws:region"]))
    outputs = run(stack, config, monitor)
    return RecordedStack(stack, tuple(sorted(monitor.recorded, key=lambda one: (one.kind, one.name))), plain(outputs))
