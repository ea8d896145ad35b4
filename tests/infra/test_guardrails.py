"""Every guardrail holds on every stack, and each finds what it is there to find."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from labelmill_infra.guardrails import GUARDRAILS, check
from labelmill_infra.recorded import RecordedStack, Resource

Change = Callable[[RecordedStack], RecordedStack]


def test_every_stack_passes_every_guardrail(recorded: RecordedStack) -> None:
    assert check(recorded) == []


def without(kind: str) -> Change:
    return lambda stack: replace(stack, resources=tuple(one for one in stack.resources if one.kind != kind))


def with_inputs(kind: str, **inputs: Any) -> Change:
    """Gives the first resource of a kind other inputs; None takes one away."""

    def change(stack: RecordedStack) -> RecordedStack:
        first = next(stack.of(kind))
        changed = {key: value for key, value in {**first.inputs, **inputs}.items() if value is not None}
        return _replaced(stack, first, replace(first, inputs=changed))

    return change


def with_statement(kind: str, key: str, **statement: Any) -> Change:
    """Adds a statement to the policy of the first resource of a kind."""
    added = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["arn:aws:s3:::one/*"], **statement}

    def change(stack: RecordedStack) -> RecordedStack:
        first = next(stack.of(kind))
        document = first.json(key)
        document["Statement"] = [*document["Statement"], added]
        return _replaced(stack, first, replace(first, inputs={**first.inputs, key: json.dumps(document)}))

    return change


def with_outputs(**outputs: str) -> Change:
    return lambda stack: replace(stack, outputs={**stack.outputs, **outputs})


def unprotected(stack: RecordedStack) -> RecordedStack:
    return replace(stack, resources=tuple(replace(one, protect=False) for one in stack.resources))


def _replaced(stack: RecordedStack, old: Resource, new: Resource) -> RecordedStack:
    return replace(stack, resources=tuple(new if one is old else one for one in stack.resources))


QUEUE, TOPIC = "aws:sqs/queue:Queue", "aws:sns/topic:Topic"
FUNCTION, MAPPING = "aws:lambda/function:Function", "aws:lambda/eventSourceMapping:EventSourceMapping"
ROLE, ROLE_POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
ALARM, LOG_GROUP = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/logGroup:LogGroup"

# guardrail, a change that breaks it, what its finding says
BROKEN: list[tuple[str, Change, str]] = [
    ("queues_have_dead_letters", with_inputs(QUEUE, redrivePolicy=None), "no dead-letter queue"),
    (
        "queues_have_dead_letters",
        with_inputs(
            QUEUE, redrivePolicy='{"deadLetterTargetArn": "arn:aws:sqs:us-east-1:1:gone", "maxReceiveCount": 5}'
        ),
        "no dead-letter queue",
    ),
    ("queues_ring_alarms", without(ALARM), "no alarm on ApproximateAgeOfOldestMessage"),
    ("queues_ring_alarms", without(ALARM), "no alarm on ApproximateNumberOfMessagesVisible"),
    (
        "subscriptions_have_dead_letters",
        with_inputs("aws:sns/topicSubscription:TopicSubscription", redrivePolicy=None),
        "what its queue refuses is lost",
    ),
    ("messages_are_encrypted", with_inputs(QUEUE, sqsManagedSseEnabled=False), "unencrypted"),
    ("messages_are_encrypted", with_inputs(TOPIC, kmsMasterKeyId=None), "unencrypted"),
    ("messages_travel_by_tls", without("aws:sqs/queuePolicy:QueuePolicy"), "without TLS"),
    ("visibility_outlasts_retries", with_inputs(FUNCTION, timeout=300), "needs 18"),
    ("visibility_outlasts_retries", with_inputs(MAPPING, functionName="arn:of:another"), "does not have"),
    ("batches_fail_in_part", with_inputs(MAPPING, functionResponseTypes=None), "repeats a whole batch"),
    ("functions_are_observed", without(LOG_GROUP), "does not keep"),
    ("functions_are_observed", with_inputs(FUNCTION, tracingConfig=None), "not traced"),
    ("functions_are_observed", without(ALARM), "no alarm on Errors"),
    ("buckets_are_private", without("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"), "opened to the public"),
    (
        "buckets_are_private",
        with_inputs("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock", blockPublicPolicy=False),
        "opened to the public",
    ),
    (
        "buckets_are_encrypted",
        without("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"),
        "not encrypted",
    ),
    ("buckets_take_tls_only", without("aws:s3/bucketPolicy:BucketPolicy"), "without TLS"),
    ("labels_are_versioned", without("aws:s3/bucketVersioning:BucketVersioning"), "keeps no versions"),
    ("tables_recover", with_inputs("aws:dynamodb/table:Table", pointInTimeRecovery=None), "can't be restored"),
    ("production_data_is_protected", unprotected, "may be deleted"),
    (
        "production_data_is_protected",
        with_inputs("aws:dynamodb/table:Table", deletionProtectionEnabled=False),
        "anybody",
    ),
    ("actions_are_named", with_statement(ROLE_POLICY, "policy", Action="s3:*"), "allows s3:*"),
    ("actions_are_named", with_statement(ROLE_POLICY, "policy", NotAction=["iam:PassRole"]), "all actions but some"),
    ("resources_are_named", with_statement(ROLE_POLICY, "policy", Resource="*"), "on every resource"),
    ("principals_are_named", with_statement(ROLE, "assumeRolePolicy", Principal="*"), "lets everybody in"),
    ("principals_are_named", with_statement(ROLE, "assumeRolePolicy", Principal={"AWS": ["*"]}), "lets everybody in"),
    (
        "roles_are_passed_narrowly",
        with_statement(ROLE_POLICY, "policy", Action=["iam:PassRole"], Resource=["arn:aws:iam::1:role/*"]),
        "does not name",
    ),
    (
        "roles_are_passed_narrowly",
        with_statement(ROLE_POLICY, "policy", Action=["iam:PassRole"], Resource=["arn:aws:iam::1:role/one"]),
        "to any service",
    ),
    ("logs_end", with_inputs(LOG_GROUP, retentionInDays=0), "for ever"),
    (
        "everything_is_tagged",
        with_inputs(QUEUE, tags={"project": "labelmill"}),
        "lacks the tags component, cost, stack",
    ),
    (
        "environments_hold_no_secrets",
        with_inputs(FUNCTION, environment={"variables": {"DATABASE_PASSWORD": "swordfish"}}),
        "DATABASE_PASSWORD",
    ),
    ("environments_hold_no_secrets", with_outputs(database_password="swordfish"), "in the clear"),
]


@pytest.mark.parametrize(("guardrail", "change", "finding"), BROKEN)
def test_a_guardrail_finds_what_breaks_it(prod: RecordedStack, guardrail: str, change: Change, finding: str) -> None:
    found = [line for line in check(change(prod)) if line.startswith(f"{guardrail}: ")]
    assert any(finding in line for line in found), check(change(prod))


def test_every_guardrail_has_an_example_that_breaks_it() -> None:
    assert {rule.__name__ for rule in GUARDRAILS} == {name for name, _, _ in BROKEN}


def test_data_outside_production_may_be_deleted(dev: RecordedStack) -> None:
    assert not any(one.protect for one in dev.resources)
