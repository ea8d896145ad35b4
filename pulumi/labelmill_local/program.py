"""Runs the infrastructure program `pulumi/__main__.py` as `pulumi up` would, with a monitor of ours as the engine."""

import contextvars
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
import yaml
from pulumi.runtime.mocks import MockMonitor

PULUMI = Path(__file__).resolve().parents[1]
ROOT = PULUMI.parent
PROGRAM = PULUMI / "__main__.py"


def configuration(stack: str, root: Path = ROOT) -> dict[str, str]:
    """The stack's settings as the CLI would give them: defaults of `Pulumi.yaml` under the stack's own file."""
    project = yaml.safe_load((root / "Pulumi.yaml").read_text())
    own = yaml.safe_load((root / f"Pulumi.{stack}.yaml").read_text()) or {}
    values: dict[str, Any] = {}
    for key, declared in project["config"].items():
        value = declared.get("default", declared.get("value")) if isinstance(declared, dict) else declared
        if value is not None:
            values[key] = value
    values.update(own.get("config") or {})
    return {key: _text(value) for key, value in values.items()}


def run(stack: str, config: Mapping[str, str], monitor: MockMonitor, project: str = "labelmill") -> dict[str, Any]:
    """Runs the program once; returns the stack's outputs. What a creator raises comes out here."""
    outputs: dict[str, Any] = {}

    @pulumi.runtime.test
    def program() -> pulumi.Output[Any]:
        runpy.run_path(str(PROGRAM), run_name="__main__")
        exported = pulumi.runtime.get_root_resource().outputs  # type: ignore[union-attr, attr-defined]
        return pulumi.Output.all(**exported).apply(outputs.update)

    def inside() -> None:
        pulumi.runtime.set_mocks(monitor.mocks, project=project, stack=stack, preview=False, monitor=monitor)
        pulumi.runtime.set_all_config(dict(config))
        program()

    # The SDK keeps the stack in context variables: a context of its own gives every run a stack of its own.
    contextvars.copy_context().run(inside)
    return outputs


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
