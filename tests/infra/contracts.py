"""Guardrails that need the application's code beside the resources, which the infrastructure program never imports."""

from collections.abc import Iterator
from dataclasses import fields
from importlib import import_module
from typing import Any

from labelmill_infra.recorded import RecordedStack

FUNCTION = "aws:lambda/function:Function"


def handlers_are_there(stack: RecordedStack) -> Iterator[str]:
    for function in stack.of(FUNCTION):
        module, _, name = function.inputs["handler"].rpartition(".")
        try:
            found = getattr(import_module(module), name, None)
        except ImportError as error:
            yield f"{function} names {module}, which is not imported: {error}"
            continue
        if not callable(found):
            yield f"{function} names {name}, which {module} has not"


def variables_are_read(stack: RecordedStack) -> Iterator[str]:
    """And what is read is given, as the stack's output of the same name."""
    for function in stack.of(FUNCTION):
        module = vars(import_module(function.inputs["handler"].rpartition(".")[0]))
        read = {
            each.name.upper() for name, value in module.items() if name.endswith("Settings") for each in fields(value)
        }
        given: dict[str, Any] = function.inputs["environment"]["variables"]
        for name in sorted(given.keys() - read):
            yield f"{function} is given {name}, which its code does not read"
        for name in sorted(read - given.keys()):
            yield f"{function} reads {name}, which it is not given"
        for name, value in given.items():
            if stack.outputs.get(name.lower()) != value:
                yield f"{function} is given {name}, which is no output of that name"


CONTRACTS = (handlers_are_there, variables_are_read)
