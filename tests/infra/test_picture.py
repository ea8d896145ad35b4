"""The picture in the docs is the program's, and a difference of stacks says what differs."""

import os
from dataclasses import replace
from pathlib import Path

from labelmill_infra.difference import difference
from labelmill_infra.picture import picture
from labelmill_infra.recorded import RecordedStack
from labelmill_local.recorder import record

DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_picture_in_the_docs_is_what_the_program_makes() -> None:
    drawn = picture(record("prod", package=os.devnull))
    assert f"```mermaid\n{drawn}```" in (DOCS / "stack.md").read_text(), "python pulumi/stacks.py picture prod"


def test_it_shows_the_way_of_a_post(prod: RecordedStack) -> None:
    lines = {line.strip() for line in picture(prod).splitlines()}
    way = {
        "program_scraper --> sqs_ingest",
        "sqs_ingest --> program_preprocess",
        "program_preprocess --> sns_posts",
        "sns_posts --> sqs_labeling",
        "sqs_labeling --> program_labeler",
        "program_labeler <--> s3_labels",
    }
    assert way <= lines


def test_a_stack_does_not_differ_from_itself(prod: RecordedStack) -> None:
    assert difference(prod, prod) == []


def test_what_differs_is_said(dev: RecordedStack, prod: RecordedStack) -> None:
    found = difference(dev, prod)
    assert "Cluster database: serverlessv2ScalingConfiguration.minCapacity: 0 → 0.5" in found
    assert "Bucket labels: protected: False → True" in found
    assert not any("tags" in line for line in found)


def test_what_only_one_has_is_said(prod: RecordedStack) -> None:
    less = replace(prod, resources=tuple(one for one in prod.resources if one.name != "labelmill-prod-seen"))
    assert difference(prod, less) == ["Table seen: only in prod"]
