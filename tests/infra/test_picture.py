"""The picture in the docs is the program's, and a difference of stacks says what differs."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from labelmill_infra.recorded import RecordedStack
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
