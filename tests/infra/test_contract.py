"""The program names handlers by path and their settings by name: both must be what the code has and reads."""

from dataclasses import fields
from importlib import import_module

import pytest

from labelmill_infra.recorded import RecordedStack, Resource

FUNCTION = "aws:lambda/function:Function"


def _functions(stack: RecordedStack) -> list[Resource]:
    return list(stack.of(FUNCTION))


def test_every_handler_is_there(recorded: RecordedStack) -> None:
    for function in _functions(recorded):
        module, _, name = function.inputs["handler"].rpartition(".")
        assert callable(getattr(import_module(module), name))


def test_a_function_is_given_exactly_what_its_code_reads(recorded: RecordedStack) -> None:
    for function in _functions(recorded):
        settings = import_module(function.inputs["handler"].rpartition(".")[0]).Settings
        read = {one.name.upper() for one in fields(settings)}
        assert set(function.inputs["environment"]["variables"]) == read, function.name


def test_a_function_reads_names_that_are_outputs(recorded: RecordedStack) -> None:
    for function in _functions(recorded):
        for name, value in function.inputs["environment"]["variables"].items():
            assert recorded.outputs[name.lower()] == value, (function.name, name)


def test_the_stacks_differ_in_nothing_but_names_and_settings(dev: RecordedStack, prod: RecordedStack) -> None:
    def shape(stack: RecordedStack) -> list[tuple[str, str]]:
        return [(one.kind, one.name.replace(f"-{stack.name}-", "-")) for one in stack.resources]

    assert shape(dev) == shape(prod)


@pytest.mark.parametrize("name", ["handler", "environment"])
def test_there_are_functions_to_compare(prod: RecordedStack, name: str) -> None:
    assert all(function.inputs[name] for function in _functions(prod))
    assert len(_functions(prod)) >= 2
