"""What a linter of IAM policies says of ours: misspelt actions, resources that an action does not know, …"""

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from labelmill_infra.recorded import RecordedStack

ACCEPTED = yaml.safe_load(Path(__file__).with_name("accepted_findings.yaml").read_text())
KNOWN = {(one["issue"], one["policy"]) for one in ACCEPTED}


@pytest.fixture(scope="module")
def lint() -> Callable[[str], list[Any]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # it leaves its own data files open
        warnings.filterwarnings("ignore", ".*pkg_resources")  # which it finds them by
        warnings.simplefilter("ignore", DeprecationWarning)
        import parliament
    return lambda policy: list(parliament.analyze_policy_string(policy).findings)


POLICIES = {
    "aws:iam/rolePolicy:RolePolicy": "policy",
    "aws:sqs/queuePolicy:QueuePolicy": "policy",
    "aws:sns/topicPolicy:TopicPolicy": "policy",
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
}


def test_the_linter_finds_nothing_new(recorded: RecordedStack, lint: Callable[[str], list[Any]]) -> None:
    found = [
        (finding.issue, f"{resource}", finding.detail)
        for kind, key in POLICIES.items()
        for resource in recorded.of(kind)
        for finding in lint(resource.inputs[key])
        if (finding.issue, resource.name.split("-", 2)[2]) not in KNOWN
    ]
    assert found == []


def test_the_linter_sees_a_misspelt_action(lint: Callable[[str], list[Any]]) -> None:
    policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sqs:SendMesage", "Resource": "*"}]}
    assert [finding.issue for finding in lint(json.dumps(policy))] == ["UNKNOWN_ACTION"]


def test_what_is_accepted_is_still_found(prod: RecordedStack, lint: Callable[[str], list[Any]]) -> None:
    found = {
        (finding.issue, resource.name.split("-", 2)[2])
        for kind, key in POLICIES.items()
        for resource in prod.of(kind)
        for finding in lint(resource.inputs[key])
    }
    assert found >= KNOWN


def test_what_is_accepted_has_a_reason() -> None:
    assert all(len(one["reason"].split()) > 3 for one in ACCEPTED)
