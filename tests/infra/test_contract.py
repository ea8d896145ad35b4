"""The program names handlers by path and their settings by name: both must be what the code has and reads."""

import ast
import json
import re
from dataclasses import MISSING, fields
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from labelmill_infra import zappa
from labelmill_infra.recorded import RecordedStack, Resource, statements
from pipeline.dead_letters import QUEUES

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


# What the labeler reads, by where it is read: fields of settings, and names as they are written in the code.
LABELER_SETTINGS = ("labeler.cloud:Settings", "labeler.jobs.counter:Settings", "pipeline.jobs.wiring:Settings")
LABELER_CODE = ("labeler/settings.py", "labeler/environment.py")
# What hands the environment on to the settings above, or to `pipeline.adapters.aws`.
PASS_IT_ON = {"labeler/cloud.py", "labeler/jobs/counter.py", "labeler/client_address.py", "labeler/aurora/base.py"} | {
    "labeler/labeling/management/commands/worker.py"
}
CALLS = {"get", "flag", "names", "host"}
# What is read and not given on AWS, each with the reason.
NOT_GIVEN = {
    "SECRET_KEY": "given to containers, whose start reads it; the function reads SECRET_KEY_ARN",
    "DEBUG": "never on AWS",
    "ENDPOINT_URL": "AWS itself has none",
    "ALLOWED_HOSTS": "it is the host of SITE_ADDRESS",
    "CSRF_TRUSTED_ORIGINS": "the host is the site's, so its own origin is trusted",
    "FORCE_SCRIPT_NAME": "the site begins at the root",
    "AWS_LAMBDA_FUNCTION_NAME": "Lambda gives it",
    "ECS_CONTAINER_METADATA_URI_V4": "ECS gives it",
}


def _read_by(path: str) -> set[str]:
    """The names of variables in a module: arguments of what reads one, and what is looked for."""
    found = set()
    for node in ast.walk(ast.parse((ROOT / path).read_text())):
        given: list[ast.expr] = []
        if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) in CALLS:
            given = node.args[:2]
        elif isinstance(node, ast.Compare) and any(isinstance(one, ast.In) for one in node.ops):
            given = [node.left]
        found |= {str(one.value) for one in given if isinstance(one, ast.Constant)}
    return {name for name in found if re.fullmatch(r"[A-Z][A-Z_0-9]{3,}", name)}


@pytest.fixture(scope="module")
def read() -> set[str]:
    found = {name for path in LABELER_CODE for name in _read_by(path)} | {"REGION"}  # by `pipeline.adapters.aws`
    found |= {name for pair in QUEUES.values() for name in pair}
    for settings in LABELER_SETTINGS:
        module, _, name = settings.partition(":")
        found |= {one.name.upper() for one in fields(getattr(import_module(module), name))}
    return found


def test_what_the_labelers_code_reads_is_found(read: set[str]) -> None:
    assert {"DATABASE_URL", "SECRET_KEY_ARN", "ORIGIN_SECRET_ARN", "SITE_ADDRESS", "WORK_DLQ_URL"} <= read
    assert NOT_GIVEN.keys() <= read


def test_no_other_module_of_the_labeler_reads_the_environment() -> None:
    readers = {
        str(path.relative_to(ROOT)) for path in (ROOT / "labeler").rglob("*.py") if "os.environ" in path.read_text()
    }
    assert readers <= PASS_IT_ON | {"labeler/settings.py", "labeler/wsgi.py"}


def test_the_labelers_function_is_given_exactly_what_its_code_reads(prod: RecordedStack, read: set[str]) -> None:
    assert zappa.environment("prod", prod.outputs).keys() == read - NOT_GIVEN.keys()


def test_the_worker_is_given_exactly_what_the_labelers_code_reads(prod: RecordedStack, read: set[str]) -> None:
    of_pages = {"SECRET_KEY_ARN", "ORIGIN_SECRET_ARN", "SITE_ADDRESS", "STATIC_URL"}
    assert _environment(prod, "worker").keys() == (read - NOT_GIVEN.keys() - of_pages) | {"SECRET_KEY"}


def test_the_labeler_and_its_worker_may_read_every_kind_of_object_there_is(prod: RecordedStack) -> None:
    """Kinds by their keys, which begin with a word: `annotations/{project}/…`."""
    code = [*(ROOT / "pipeline").glob("*.py"), *(ROOT / "pipeline" / "schema").glob("*.py")]
    written = "".join(path.read_text() for path in [*code, *(ROOT / "labeler").rglob("*.py")])
    kinds = set(re.findall(r"return f\"([a-z]+)/\{", written)) - {"jobs"}
    assert {"annotations", "gold", "projects", "sources", "crawls", "tokenizers"} <= kinds
    for role in ("labeler", "worker"):
        policy = next(one for one in prod.of("aws:iam/rolePolicy:RolePolicy") if one.name == f"labelmill-prod-{role}")
        readable = {
            resource.removesuffix("*").strip("/").rpartition("/")[2]
            for one in statements(policy, "policy")
            if "s3:GetObject" in one["Action"]
            for resource in one["Resource"]
        }
        assert kinds <= readable, role
