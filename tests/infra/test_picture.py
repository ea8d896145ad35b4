"""The picture in the docs is the program's, and a difference of stacks says what differs."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from labelmill_infra.recorded import RecordedStack
from labelmill_infra.reports.cost import list_items, sum_dollars
from labelmill_infra.reports.difference import compare
from labelmill_infra.reports.picture import draw
from stacks import MarkMissing, write_docs

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_picture_in_the_docs_is_what_the_program_makes(bare: dict[str, RecordedStack]) -> None:
    drawn = draw(bare["prod"])
    assert f"```mermaid\n{drawn}```" in (DOCS / "stack.md").read_text(), "python pulumi/stacks.py docs"


def test_it_shows_the_way_of_a_post(prod: RecordedStack) -> None:
    lines = {line.strip() for line in draw(prod).splitlines()}
    way = {
        "program_scraper --> sqs_ingest",
        "sqs_ingest --> program_preprocess",
        "program_preprocess --> sns_posts",
        "sns_posts --> sqs_labeling",
        "program_labeler <--> sqs_labeling",  # it takes posts, and puts back what had failed
        "program_labeler <--> s3_labels",
    }
    assert way <= lines


def test_a_stack_does_not_differ_from_itself(prod: RecordedStack) -> None:
    assert compare(prod, prod) == []


def test_what_differs_is_said(dev: RecordedStack, prod: RecordedStack) -> None:
    found = compare(dev, prod)
    assert "Cluster database: serverlessv2ScalingConfiguration.minCapacity: 0 → 0.5" in found
    assert "Bucket labels: protected: False → True" in found
    assert not any("tags" in line for line in found)


def test_a_difference_inside_a_document_is_said_where_it_is(dev: RecordedStack) -> None:
    task = next(one for one in dev.of("aws:ecs/taskDefinition:TaskDefinition") if one.name.endswith("-worker"))
    containers = json.loads(task.inputs["containerDefinitions"])
    containers[0]["environment"].insert(0, {"name": "A_NEW_ONE", "value": "1"})
    changed = replace(task, inputs={**task.inputs, "containerDefinitions": json.dumps(containers)})
    other = replace(dev, resources=tuple(changed if one is task else one for one in dev.resources))
    found = compare(dev, other)
    assert 'TaskDefinition worker: containerDefinitions[worker].environment[A_NEW_ONE].value: null → "1"' in found
    assert all("A_NEW_ONE" in line for line in found)


def describe(*arguments: str) -> subprocess.CompletedProcess[str]:
    """With no command on the path, no account and no zip."""
    command = [sys.executable, str(DOCS.parent / "pulumi" / "local.py"), "describe", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, env={"PATH": ""}, cwd="/")


def test_a_stack_is_described_by_service_and_cost_without_an_account(bare: dict[str, RecordedStack]) -> None:
    done = describe("prod")
    assert done.returncode == 0, done.stderr
    first, _, *rest = done.stdout.splitlines()
    items = list_items(bare["prod"])
    assert first.endswith(f" resources, ${sum_dollars(items):.2f} a month at rest")
    services = rest[: rest.index("")]
    assert sum(int(line.split()[1]) for line in services) == int(first.split()[1])
    costs = [line.split()[2] for line in services]
    assert sum(float(one[1:]) for one in costs if one != "-") == pytest.approx(sum_dollars(items), abs=0.05)
    lambdas = next(line for line in services if line.startswith("lambda "))
    assert "7 Function" in lambdas
    assert "Cluster database: serverlessv2ScalingConfiguration.minCapacity: 0 → 0.5" in rest


def test_a_stack_is_compared_with_the_one_that_is_named() -> None:
    done = describe("dev", "--against", "dev")
    assert done.returncode == 0, done.stderr
    assert done.stdout.rstrip().endswith("as dev is")
    assert "differences from local (there → here):" in describe("dev", "--against", "local").stdout


def test_a_stack_that_there_is_not_is_refused_with_those_that_are() -> None:
    done = describe("staging")
    assert done.returncode == 2
    assert "'staging'" in done.stderr
    assert "'prod'" in done.stderr


def test_what_only_one_has_is_said(prod: RecordedStack) -> None:
    less = replace(prod, resources=tuple(one for one in prod.resources if one.name != "labelmill-prod-seen"))
    assert compare(prod, less) == ["Table seen: only in prod"]


def test_pages_are_written_between_their_marks(bare: dict[str, RecordedStack], tmp_path: Path) -> None:
    for name in ("stack.md", "cost.md"):
        shutil.copyfile(DOCS / name, tmp_path / name)
    assert write_docs(bare["dev"], bare["prod"], tmp_path) == []
    (tmp_path / "stack.md").write_text("before\n```mermaid\nold\n```\nafter\n")
    assert write_docs(bare["dev"], bare["prod"], tmp_path) == [tmp_path / "stack.md"]
    assert (tmp_path / "stack.md").read_text() == f"before\n```mermaid\n{draw(bare['prod'])}```\nafter\n"
    (tmp_path / "cost.md").write_text("nothing marked\n")
    with pytest.raises(MarkMissing, match=r"cost\.md has no"):
        write_docs(bare["dev"], bare["prod"], tmp_path)
