"""The program applied to a real emulator: what it makes is there, and making it again changes nothing."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.runtime.mocks import MockResourceArgs

from labelmill_infra.deployment import package
from labelmill_infra.recorded import RecordedStack
from labelmill_local.creators import CREATORS, MEANINGLESS, UnknownType, why_meaningless
from labelmill_local.creators.clients import Clients
from labelmill_local.emulator import Emulator
from labelmill_local.guard import read_secret
from labelmill_local.provision import LocalMocks, provision

REGION = "us-east-1"


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def emulator(state: Path) -> Iterator[Emulator]:
    with Emulator(state, region=REGION) as started:
        yield started


@pytest.fixture(scope="module")
def clients(emulator: Emulator) -> Clients:
    return Clients(emulator.endpoint_url, REGION, read_secret(emulator.state))


@pytest.fixture(scope="module")
def built() -> Path:
    """Once for all runs: another package, of code edited meanwhile, would be something new."""
    return package.build()


@pytest.fixture(scope="module")
def outputs(state: Path, emulator: Emulator, built: Path) -> dict[str, str]:
    return provision(state, emulator.endpoint_url, zip_path=built)


# What the parts of the system read; a name that goes missing here breaks one of them.
OUTPUTS = [
    "region",
    "endpoint_url",
    "access_key_id",
    "secret_access_key",
    "posts_bucket",
    "labels_bucket",
    "releases_bucket",
    "seen_table",
    "ingest_queue_url",
    "ingest_dlq_url",
    "labeling_queue_url",
    "labeling_dlq_url",
    "archive_queue_url",
    "archive_dlq_url",
    "work_queue_url",
    "work_dlq_url",
    "posts_topic_arn",
    "labeling_subscription_dlq_url",
    "archive_subscription_dlq_url",
    "preprocess_function_name",
    "archive_function_name",
    "preprocess_role_arn",
    "archive_role_arn",
    "scraper_role_arn",
    "labeler_role_arn",
    "worker_role_arn",
]


@pytest.mark.parametrize("name", OUTPUTS)
def test_every_name_the_application_needs_is_an_output(outputs: dict[str, str], name: str) -> None:
    assert outputs[name]


def test_what_the_outputs_name_is_there(outputs: dict[str, str], clients: Clients) -> None:
    for name in ("posts", "labels", "releases"):
        clients.get("s3").head_bucket(Bucket=outputs[f"{name}_bucket"])
    for name, url in outputs.items():
        if name.endswith("queue_url"):
            attributes = clients.get("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
            assert "RedrivePolicy" in attributes, name
    secret = clients.get("secretsmanager").get_secret_value(SecretId=outputs["secret_key_arn"])
    assert len(secret["SecretString"]) >= 50
    table = clients.get("dynamodb").describe_time_to_live(TableName=outputs["seen_table"])["TimeToLiveDescription"]
    assert table == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires"}
    for name in ("preprocess", "archive"):
        there = clients.get("lambda").get_function_configuration(FunctionName=outputs[f"{name}_function_name"])
        assert there["Role"] == outputs[f"{name}_role_arn"]
        assert there["Handler"] == f"pipeline.handlers.{name}.handler"


def test_a_queue_starts_no_more_processes_than_the_machine_has_cores(outputs: dict[str, str], clients: Clients) -> None:
    mappings = clients.get("lambda").list_event_source_mappings()["EventSourceMappings"]
    most = max(2, os.cpu_count() or 2)
    assert len(mappings) >= 2
    assert all(one["ScalingConfig"]["MaximumConcurrency"] <= most for one in mappings)


def test_a_second_run_makes_nothing_new(state: Path, outputs: dict[str, str], clients: Clients, built: Path) -> None:
    before = _inventory(clients, outputs)
    assert provision(state, clients.endpoint_url, zip_path=built) == outputs
    assert _inventory(clients, outputs) == before


def _inventory(clients: Clients, outputs: dict[str, str]) -> dict[str, list[Any]]:
    """What is there, by the names that AWS gives, so that something made anew is seen even when it looks the same."""
    mappings = clients.get("lambda").list_event_source_mappings()["EventSourceMappings"]
    functions = clients.get("lambda").list_functions()["Functions"]
    subscriptions = clients.get("sns").list_subscriptions()["Subscriptions"]
    return {
        "queues": sorted(clients.get("sqs").list_queues()["QueueUrls"]),
        "topics": sorted(one["TopicArn"] for one in clients.get("sns").list_topics()["Topics"]),
        "subscriptions": sorted(one["SubscriptionArn"] for one in subscriptions),
        "mappings": sorted(one["UUID"] for one in mappings),
        "functions": sorted((one["FunctionName"], one["RevisionId"]) for one in functions),
        "roles": sorted(one["RoleId"] for one in clients.get("iam").list_roles()["Roles"]),
        "tables": clients.get("dynamodb").list_tables()["TableNames"],
        "secrets": [
            sorted(clients.get("secretsmanager").describe_secret(SecretId=one["ARN"])["VersionIdsToStages"])
            for one in clients.get("secretsmanager").list_secrets()["SecretList"]
        ],
        "keys": sorted(one["KeyId"] for one in clients.get("kms").list_keys()["Keys"]),
        "alarms": sorted(one["AlarmName"] for one in clients.get("cloudwatch").describe_alarms()["MetricAlarms"]),
    }


def test_a_type_without_a_creator_is_named(clients: Clients) -> None:
    arguments = MockResourceArgs("aws:quantum/ledger:Ledger", "books", {}, custom=True)
    with pytest.raises(UnknownType, match="aws:quantum/ledger:Ledger \\(books\\)"):
        LocalMocks(clients).new_resource(arguments)


def test_every_type_of_every_stack_is_made_or_means_nothing_here(recorded: RecordedStack) -> None:
    kinds = {one.kind for one in recorded.resources if not one.is_component}
    assert {kind for kind in kinds if kind not in CREATORS and not why_meaningless(kind)} == set()


def test_no_type_is_both_made_and_left_out() -> None:
    assert {kind for kind in CREATORS if why_meaningless(kind)} == set()


def test_only_types_that_some_stack_has_are_left_out(dev: RecordedStack, prod: RecordedStack) -> None:
    kinds = {one.kind for stack in (dev, prod) for one in stack.resources}
    assert {left for left in MEANINGLESS if not any(kind.startswith(left) for kind in kinds)} == set()
