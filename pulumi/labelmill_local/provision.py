"""Applies the infrastructure program to a running emulator, and keeps the outputs as `stack.json`."""

import json
from pathlib import Path
from typing import Any

from pulumi.runtime.mocks import MockCallArgs, MockMonitor, MockResourceArgs, Mocks

from labelmill_infra.deployment import package

from .configuration import STACK, name_machine, read_configuration
from .creators import CREATORS, UnknownType, why_meaningless
from .creators.clients import KEY_ID, Clients
from .guard import read_secret
from .program import plain, run
from .stand_ins import stand_in


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


def provision(state: Path, endpoint_url: str, *, zip_path: Path | None = None) -> dict[str, str]:
    """Creates or adopts every resource; returns the stack's outputs, which are in `state/stack.json` from then on."""
    secret = read_secret(state)
    config = read_configuration(STACK) | {
        "labelmill:endpointUrl": endpoint_url,
        "labelmill:architecture": name_machine(),
        "labelmill:package": str(zip_path or package.build()),
    }
    outputs = run(STACK, config, MockMonitor(LocalMocks(Clients(endpoint_url, config["aws:region"], secret))))
    # Of this stack alone: on AWS each program has its role.
    keys = {"access_key_id": KEY_ID, "secret_access_key": secret}
    found = {name: str(value) for name, value in sorted((outputs | keys).items())}
    write_atomically(state / "stack.json", json.dumps(found, indent=2) + "\n")
    return found


def write_atomically(path: Path, text: str) -> None:
    temporary = path.with_suffix(".part")
    temporary.touch(0o600)  # it holds the key
    temporary.write_text(text)
    temporary.replace(path)
