"""Runs the infrastructure program `pulumi/__main__.py` as `pulumi up` would, with a monitor of ours as the engine."""

import asyncio
import contextvars
import gc
import runpy
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime.mocks import MockMonitor

PROGRAM = Path(__file__).resolve().parents[1] / "__main__.py"
# The key by which the wire marks a value as special, and the mark of a secret.
_SIGNATURE = "4dabf18193072939515e22adb298388d"
_SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105


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

    # The SDK's modules and messages are a million objects that all stay: looking for rubbish among them takes half of
    # the run.
    collecting = gc.isenabled()
    gc.disable()
    asyncio.set_event_loop(_event_loop())
    try:
        # The SDK keeps the stack in context variables: a context of its own gives every run a stack of its own.
        contextvars.copy_context().run(inside)
    finally:
        if collecting:
            gc.enable()
    return outputs


@cache
def _event_loop() -> asyncio.AbstractEventLoop:
    """One for all runs: the SDK asks for it before it runs anything, and Python 3.12 makes none by itself."""
    return asyncio.new_event_loop()


def plain(value: Any) -> Any:
    """A resource's inputs as Python values: whole numbers as int (all arrive as floats), no secrets, at any depth."""
    if isinstance(value, dict):
        if value.get(_SIGNATURE) == _SECRET:
            return plain(value.get("value"))
        return {key: plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [plain(one) for one in value]
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value
