"""What the real AWS provider says of the stacks: its own checks of every argument, and a plan."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from labelmill_infra.recorded import RecordedStack

from .real_provider import PROVIDER, Finding, NoProvider, RealProvider, find_mirror
from .terraform_json import write_terraform

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def provider(tmp_path_factory: pytest.TempPathFactory) -> RealProvider:
    try:
        return RealProvider(tmp_path_factory.mktemp("provider"), os.environ)
    except NoProvider as why:
        pytest.skip(str(why))


@pytest.fixture(scope="module")
def schemas(provider: RealProvider) -> dict[str, Any]:
    return provider.schemas()


def judge(provider: RealProvider, schemas: dict[str, Any], stack: RecordedStack) -> list[str]:
    return [str(one) for one in provider.judge(write_terraform(stack, schemas)) if one.matters]


def test_the_provider_would_make_every_stack(
    provider: RealProvider, schemas: dict[str, Any], recorded: RecordedStack
) -> None:
    assert judge(provider, schemas, recorded) == []


def broken(stack: RecordedStack, kind: str, **inputs: Any) -> RecordedStack:
    first = next(stack.of(kind))
    changed = replace(first, inputs={**first.inputs, **inputs})
    return replace(stack, resources=tuple(changed if one is first else one for one in stack.resources))


LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


@pytest.mark.parametrize(
    ("kind", "inputs", "said"),
    [
        (
            LIFECYCLE,
            {"rules": [{"id": "", "status": "Enabled", "filter": {"prefix": ""}, "expiration": {"days": 1}}]},
            "length must be between 1 and 255",
        ),
        (LIFECYCLE, {"rules": [{"id": "a", "status": "Enabled", "expiration": {"days": 1}}]}, "will be an error"),
        ("aws:sqs/queue:Queue", {"visibilityTimeoutSeconds": 50000}, "visibility_timeout_seconds"),
        ("aws:iam/rolePolicy:RolePolicy", {"policy": "no policy"}, "JSON"),
    ],
)
def test_what_the_provider_refuses_is_seen(
    provider: RealProvider, schemas: dict[str, Any], dev: RecordedStack, kind: str, inputs: dict[str, Any], said: str
) -> None:
    found = judge(provider, schemas, broken(dev, kind, **inputs))
    assert any(said in one for one in found), found


def test_a_warning_without_an_announcement_does_not_matter() -> None:
    assert not Finding("warning", "aws_x.y", "Argument is deprecated").matters
    assert Finding("warning", "aws_x.y", "This will be an error in a future version of the provider").matters


@pytest.mark.parametrize("named_by", ["TF_PLUGIN_MIRROR", "TF_CLI_CONFIG_FILE", "HOME"])
def test_a_mirror_is_found_where_terraform_is_told_of_it(tmp_path: Path, named_by: str) -> None:
    mirror = tmp_path / "mirror"
    for version in ("5.9.0", "5.100.0"):
        (mirror / PROVIDER / version / "linux_amd64").mkdir(parents=True)
    (tmp_path / ".terraformrc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n    include = ["*/*"]\n  }}\n}}\n'
    )
    named = {"TF_PLUGIN_MIRROR": mirror, "TF_CLI_CONFIG_FILE": tmp_path / ".terraformrc", "HOME": tmp_path}
    elsewhere = {"HOME": str(tmp_path / "nobody")}
    assert find_mirror(elsewhere | {named_by: str(named[named_by])}, implied=()) == (mirror, "5.100.0")


def test_without_a_mirror_it_is_said_how_to_make_one(tmp_path: Path) -> None:
    empty = {"TF_PLUGIN_MIRROR": str(tmp_path), "TF_CLI_CONFIG_FILE": str(tmp_path / "none"), "HOME": str(tmp_path)}
    with pytest.raises(NoProvider, match="terraform providers mirror"):
        find_mirror(empty, implied=())
