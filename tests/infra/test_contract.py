"""The program names handlers by path and their settings by name: both must be what the code has and reads."""

import ast
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import MISSING, fields, replace
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from labelmill_infra.deployment import zappa
from labelmill_infra.recorded import RecordedStack, Resource, statements
from pipeline.dead_letters import JOB_QUEUES, QUEUES
from tests.infra.contracts import CONTRACTS, FUNCTION, handlers_are_there, variables_are_read

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda one: one.__name__)
def test_every_stack_keeps_every_contract(recorded: RecordedStack, contract: Callable[..., Iterator[str]]) -> None:
    assert list(contract(recorded)) == []


def _changed(stack: RecordedStack, **inputs: Any) -> RecordedStack:
    """The function `archive` with other inputs; its variables one by one."""
    variables = inputs.pop("variables", {})

    def change(one: Resource) -> Resource:
        if one.kind != FUNCTION or not one.name.endswith("-archive"):
            return one
        given = one.inputs["environment"]["variables"] | variables
        kept = {name: value for name, value in given.items() if value is not None}
        return replace(one, inputs={**one.inputs, **inputs, "environment": {"variables": kept}})

    return replace(stack, resources=tuple(change(one) for one in stack.resources))


@pytest.mark.parametrize(
    ("inputs", "finding"),
    [
        ({"handler": "pipeline.handlers.archives.handler"}, "names pipeline.handlers.archives, which is not imported"),
        ({"handler": "pipeline.handlers.archive.handle"}, "names handle, which pipeline.handlers.archive has not"),
    ],
)
def test_a_handler_that_is_not_there_is_found(prod: RecordedStack, inputs: dict[str, Any], finding: str) -> None:
    (found,) = handlers_are_there(_changed(prod, **inputs))
    assert finding in found


@pytest.mark.parametrize(
    ("variables", "finding"),
    [
        ({"COLOUR": "blue"}, "is given COLOUR, which its code does not read"),
        ({"POSTS_BUCKET": None}, "reads POSTS_BUCKET, which it is not given"),
        ({"POSTS_BUCKET": "another"}, "is given POSTS_BUCKET, which is no output of that name"),
    ],
)
def test_a_variable_on_one_side_alone_is_found(prod: RecordedStack, variables: dict[str, Any], finding: str) -> None:
    assert any(finding in line for line in variables_are_read(_changed(prod, variables=variables)))


def test_the_stacks_differ_in_nothing_but_names_and_settings(dev: RecordedStack, prod: RecordedStack) -> None:
    def shape(stack: RecordedStack) -> list[tuple[str, str]]:
        return [(one.kind, one.name.replace(f"-{stack.name}-", "-")) for one in stack.resources]

    assert shape(dev) == shape(prod)


def test_there_are_functions_to_compare(prod: RecordedStack) -> None:
    assert len(list(prod.of(FUNCTION))) >= 7


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
        ("worker", "labeler.services:Settings"),
        ("annotator", "pipeline.jobs.worker_wiring:WorkerSettings"),
        ("annotator", "pipeline.jobs.wiring:JobsSettings"),
    ],
)
def test_a_container_finds_all_that_its_code_needs(prod: RecordedStack, task: str, settings: str) -> None:
    module, _, name = settings.partition(":")
    needed = {one.name.upper() for one in fields(getattr(import_module(module), name)) if one.default is MISSING}
    assert needed <= _environment(prod, task).keys()


def test_a_container_is_given_names_of_the_stack(prod: RecordedStack) -> None:
    for task in ("scraper", "worker", "annotator"):
        for name, value in _environment(prod, task).items():
            told_apart = name in ("SECRET_KEY", "LABELMILL_CONTACT", "CHROMIUM_SANDBOX", "HOME")
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
LABELER_SETTINGS = ("labeler.services:Settings", "labeler.services:JobSettings", "pipeline.jobs.wiring:JobsSettings")
LABELER_CODE = ("labeler/settings.py", "labeler/configuration.py")
# What hands the environment on to the settings above, or to `pipeline.adapters.aws`.
PASS_IT_ON = {"labeler/services.py", "labeler/middleware/client_address.py", "labeler/aurora/base.py"} | {
    "labeler/labeling/management/commands/worker.py"
}
CALLS = {"get", "str", "flag", "names", "site_host"}
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
    assert zappa.make_environment("prod", prod.outputs).keys() == read - NOT_GIVEN.keys()


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


def test_every_queue_of_dead_letters_can_be_named_and_each_is_put_back_where_it_failed(prod: RecordedStack) -> None:
    named = {**QUEUES, **JOB_QUEUES}
    assert {dead.lower() for dead, _ in named.values()} == {name for name in prod.outputs if name.endswith("_dlq_url")}
    assert {target.lower() for _, target in named.values()} <= prod.outputs.keys()
