"""Applies the infrastructure program to a running emulator, and keeps the outputs as `stack.json`."""

import json
from pathlib import Path

from pulumi.runtime.mocks import MockMonitor

from labelmill_infra.deployment import package

from .clients import Clients
from .configuration import STACK, configuration, machine
from .monitor import LocalMocks
from .program import run


def provision(state: Path, endpoint_url: str, *, zip_path: Path | None = None) -> dict[str, str]:
    """Creates or adopts every resource; returns the stack's outputs, which are in `state/stack.json` from then on."""
    config = configuration(STACK) | {
        "labelmill:endpointUrl": endpoint_url,
        "labelmill:architecture": machine(),
        "labelmill:package": str(zip_path or package.build()),
    }
    outputs = run(STACK, config, MockMonitor(LocalMocks(Clients(endpoint_url, config["aws:region"]))))
    found = {name: str(value) for name, value in sorted(outputs.items())}
    write_atomically(state / "stack.json", json.dumps(found, indent=2) + "\n")
    return found


def write_atomically(path: Path, text: str) -> None:
    temporary = path.with_suffix(".part")
    temporary.write_text(text)
    temporary.replace(path)
