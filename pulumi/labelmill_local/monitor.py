"""The engine's stand-in: makes each registered resource on the emulator, or adopts the one that is there."""

from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockResourceArgs, Mocks

from .clients import Clients
from .creators import CREATORS, UnknownType, why_meaningless
from .stand_ins import stand_in
from .wire import plain


class LocalMocks(Mocks):
    def __init__(self, clients: Clients) -> None:
        self.clients = clients

    def new_resource(self, args: MockResourceArgs) -> tuple[str | None, dict[str, Any]]:
        inputs = plain(args.inputs)
        if not args.custom or args.typ.startswith("pulumi:"):
            return f"{args.name}-id", inputs  # a component, or a provider: nothing to make
        if why_meaningless(args.typ):
            name = str(inputs.get("name") or args.name)
            return stand_in(args.typ, name, inputs, self.clients.region, "000000000000")
        creator = CREATORS.get(args.typ)
        if creator is None:
            raise UnknownType(args.typ, args.name)
        made = creator(self.clients, args.name, inputs)
        return made.id, {**inputs, **made.outputs}

    def call(self, args: MockCallArgs) -> tuple[dict[str, Any], list[tuple[str, str]] | None]:
        if args.token == "aws:index/getCallerIdentity:getCallerIdentity":  # noqa: S105 the name of a call
            identity = self.clients.get("sts").get_caller_identity()
            return {"accountId": identity["Account"], "arn": identity["Arn"], "id": identity["Account"]}, []
        if args.token == "aws:index/getAvailabilityZones:getAvailabilityZones":  # noqa: S105 the name of a call
            return {"names": [f"{self.clients.region}{letter}" for letter in "ab"], "id": self.clients.region}, []
        raise UnknownType(args.token, "a call")
