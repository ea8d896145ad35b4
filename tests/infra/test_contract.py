"""The program names handlers by path and their settings by name: both must be what the code has and reads."""

import json
from dataclasses import MISSING, fields
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from labelmill_infra.recorded import RecordedStack, Resource

ROOT = Path(__file__).resolve().parents[2]
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


def _container(stack: RecordedStack, task: str) -> dict[str, Any]:
    for one in stack.of("aws:ecs/taskDefinition:TaskDefinition"):
        container: dict[str, Any] = json.loads(one.inputs["containerDefinitions"])[0]
        if container["name"] == task:
            return container
    raise LookupError(task)


def _environment(stack: RecordedStack, task: str) -> dict[str, str]:
    """What a container finds, secrets included."""
    container = _container(stack, task)
    given = {each["name"]: each["value"] for each in container["environment"]}
    return given | {each["name"]: each["valueFrom"] for each in container["secrets"]}


@pytest.mark.parametrize(
    ("task", "settings"),
    [
        ("worker", "labeler.cloud:Settings"),
        ("annotator", "pipeline.annotator.wiring:Settings"),
        ("annotator", "pipeline.jobs.wiring:Settings"),
    ],
)
def test_a_container_finds_all_that_its_code_needs(prod: RecordedStack, task: str, settings: str) -> None:
    module, _, name = settings.partition(":")
    needed = {one.name.upper() for one in fields(getattr(import_module(module), name)) if one.default is MISSING}
    assert needed <= _environment(prod, task).keys()


def test_a_container_is_given_names_of_the_stack(prod: RecordedStack) -> None:
    for task in ("scraper", "worker", "annotator"):
        for name, value in _environment(prod, task).items():
            told_apart = name in ("SECRET_KEY", "LABELMILL_CONTACT")
            assert told_apart or prod.outputs[name.lower()] == value, (task, name)


def test_the_secret_key_reaches_the_worker_by_its_name_alone(prod: RecordedStack) -> None:
    assert _environment(prod, "worker")["SECRET_KEY"] == prod.outputs["secret_key_arn"]


def test_one_schedule_runs_what_is_due_as_the_image_is_called(prod: RecordedStack) -> None:
    (schedule,) = [one for one in prod.of("aws:scheduler/schedule:Schedule") if "ecsParameters" in one.inputs["target"]]
    assert schedule.inputs["scheduleExpression"] == "rate(15 minutes)"
    assert _container(prod, "scraper")["command"] == ["due"]
    assert 'ENTRYPOINT ["python3", "-m", "scraper"]' in (ROOT / "scraper" / "Dockerfile").read_text()
    assert _environment(prod, "scraper")["LABELMILL_CONTACT"] == "crawler@example.org"
