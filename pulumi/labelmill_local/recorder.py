"""Records what the program would make, and makes nothing: for guardrails, pictures and the difference of two stacks."""

import threading
from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from labelmill_infra.recorded import RecordedStack, Resource

from .configuration import configuration
from .program import run
from .wire import plain

ACCOUNT = "123456789012"
# How the ARNs look that are not `arn:aws:<service>:<region>:<account>:<name>`: policies are checked against them.
_ARNS = {
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{name}",
    "aws:dynamodb/table:Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "aws:iam/role:Role": "arn:aws:iam::{account}:role/{name}",
    "aws:lambda/function:Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    "aws:scheduler/scheduleGroup:ScheduleGroup": "arn:aws:scheduler:{region}:{account}:schedule-group/{name}",
    "aws:sesv2/emailIdentity:EmailIdentity": "arn:aws:ses:{region}:{account}:identity/{name}",
    "aws:kms/key:Key": "arn:aws:kms:{region}:{account}:key/{name}",
}


class _Recording(Mocks):
    """Answers with plausible names."""

    def __init__(self, region: str) -> None:
        self.region = region

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = plain(args.inputs)
        name = str(inputs.get("name") or args.name)
        identity = f"https://sqs.{self.region}.amazonaws.com/{ACCOUNT}/{name}" if ":Queue" in args.typ else name
        service = args.typ.split(":")[1].split("/")[0] if args.typ.count(":") == 2 else "none"
        shape = _ARNS.get(args.typ, "arn:aws:{service}:{region}:{account}:{name}")
        arn = shape.format(service=service, region=self.region, account=ACCOUNT, name=name)
        return identity, {"name": name, "arn": arn, **inputs}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        if args.token == "aws:index/getCallerIdentity:getCallerIdentity":  # noqa: S105 the name of a call
            return {"accountId": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "id": ACCOUNT}, []
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
    config = configuration(stack) | {"labelmill:package": package}
    config |= {f"labelmill:{name}": value for name, value in changes.items()}
    monitor = _RecordingMonitor(_Recording(config["aws:region"]))
    outputs = run(stack, config, monitor)
    return RecordedStack(stack, tuple(sorted(monitor.recorded, key=lambda one: (one.kind, one.name))), plain(outputs))
