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


def with_part(kind: str, part: str, value: Any) -> Change:
    """Gives a part of the inputs, wherever it is in them, another value in every resource of a kind."""

    def changed(inputs: Any) -> Any:
        if isinstance(inputs, list):
            return [changed(one) for one in inputs]
        if isinstance(inputs, dict):
            return {key: value if key == part else changed(one) for key, one in inputs.items()}
        return inputs

    def change(stack: RecordedStack) -> RecordedStack:
        return replace(
            stack,
            resources=tuple(
                replace(one, inputs=changed(one.inputs)) if one.kind == kind else one for one in stack.resources
            ),
        )

    return change


def doubled(stack: RecordedStack) -> RecordedStack:
    return replace(stack, resources=(*stack.resources, next(stack.of(QUEUE))))


def with_outputs(**outputs: str) -> Change:
    return lambda stack: replace(stack, outputs={**stack.outputs, **outputs})


def unprotected(stack: RecordedStack) -> RecordedStack:
    return replace(stack, resources=tuple(replace(one, protect=False) for one in stack.resources))


def _replaced(stack: RecordedStack, old: Resource, new: Resource) -> RecordedStack:
    return replace(stack, resources=tuple(new if one is old else one for one in stack.resources))


QUEUE, TOPIC = "aws:sqs/queue:Queue", "aws:sns/topic:Topic"
FUNCTION, MAPPING = "aws:lambda/function:Function", "aws:lambda/eventSourceMapping:EventSourceMapping"
DATABASE, DISTRIBUTION = "aws:rds/cluster:Cluster", "aws:cloudfront/distribution:Distribution"
TEMPLATE, REPOSITORY = "aws:ec2/launchTemplate:LaunchTemplate", "aws:ecr/repository:Repository"
RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
ROLE, ROLE_POLICY = "aws:iam/role:Role", "aws:iam/rolePolicy:RolePolicy"
ALARM, LOG_GROUP = "aws:cloudwatch/metricAlarm:MetricAlarm", "aws:cloudwatch/logGroup:LogGroup"

LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
CORS = "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration"
TASK = "aws:ecs/taskDefinition:TaskDefinition"


def with_container(**changes: Any) -> Change:
    """Gives the container of the first task other properties."""

    def change(stack: RecordedStack) -> RecordedStack:
        first = next(stack.of(TASK))
        (container,) = json.loads(first.inputs["containerDefinitions"])
        changed = {**first.inputs, "containerDefinitions": json.dumps([{**container, **changes}])}
        return _replaced(stack, first, replace(first, inputs=changed))

    return change


def minding_all(stack: RecordedStack) -> RecordedStack:
    return replace(stack, resources=tuple(replace(one, ignores=()) for one in stack.resources))


# guardrail, a change that breaks it, what its finding says
BROKEN: list[tuple[str, Change, str]] = [
    ("databases_are_closed", with_inputs(DATABASE, storageEncrypted=False), "not encrypted"),
    ("databases_are_closed", without("aws:rds/clusterParameterGroup:ClusterParameterGroup"), "without TLS"),
    ("databases_are_closed", with_inputs(DATABASE, masterPassword="swordfish"), "somebody knows"),
    ("databases_are_closed", with_inputs(DATABASE, backupRetentionPeriod=1), "backups for fewer than 7 days"),
    (
        "databases_are_closed",
        with_inputs("aws:rds/clusterInstance:ClusterInstance", publiclyAccessible=True),
        "may have a public address",
    ),
    ("production_data_is_protected", with_inputs(DATABASE, deletionProtection=False), "anybody"),
    ("nothing_is_reached_from_outside", with_inputs(RULE, cidrIpv4="0.0.0.0/0"), "everybody connect"),
    ("nothing_is_reached_from_outside", with_inputs(RULE, cidrIpv6="::/0"), "everybody connect"),
    (
        "nothing_is_reached_from_outside",
        with_inputs("aws:ec2/securityGroup:SecurityGroup", ingress=[{"cidrBlocks": ["0.0.0.0/0"]}]),
        "which no rule here sees",
    ),
    (
        "private_programs_reach_what_they_use",
        without("aws:ec2/vpcEndpoint:VpcEndpoint"),
        "labelmill-prod-labeler allows sqs, which no endpoint leads to",
    ),
    ("networks_are_watched", without("aws:ec2/flowLog:FlowLog"), "no flow logs"),
    ("networks_are_watched", without("aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"), "open default"),
    ("machines_keep_their_role", with_inputs(TEMPLATE, metadataOptions={"httpTokens": "optional"}), "IMDSv1"),
    (
        "machines_keep_their_role",
        with_inputs(TEMPLATE, metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": 2}),
        "hop limit 2",
    ),
    ("machines_keep_their_role", with_inputs(TEMPLATE, blockDeviceMappings=[]), "not encrypted"),
    ("machines_keep_their_role", with_inputs(TEMPLATE, userData="QVdTX1NFQ1JFVD14"), "every process there can read"),
    ("images_are_checked", with_inputs(REPOSITORY, imageScanningConfiguration=None), "does not scan"),
    ("images_are_checked", with_inputs(REPOSITORY, imageTagMutability="MUTABLE"), "another image tomorrow"),
    ("visitors_come_by_tls", with_part(DISTRIBUTION, "viewerProtocolPolicy", "allow-all"), "answers without TLS"),
    ("visitors_come_by_tls", with_part(DISTRIBUTION, "responseHeadersPolicyId", ""), "without security headers"),
    ("visitors_come_by_tls", with_part(DISTRIBUTION, "originProtocolPolicy", "http-only"), "labeler without TLS"),
    ("visitors_come_by_tls", with_part(DISTRIBUTION, "originAccessControlId", ""), "static to be public"),
    (
        "nothing_else_invokes_the_labeler",
        with_inputs(MAPPING, functionName="arn:aws:lambda:us-east-1:1:function:labelmill-prod"),
        "sends events to the labeler",
    ),
    (
        "environments_hold_no_secrets",
        with_part(
            "aws:ecs/taskDefinition:TaskDefinition",
            "containerDefinitions",
            '[{"environment": [{"name": "SECRET_KEY", "value": "swordfish"}]}]',
        ),
        "SECRET_KEY",
    ),
    ("lifecycle_rules_are_whole", with_part(LIFECYCLE, "id", ""), "without an id"),
    ("lifecycle_rules_are_whole", with_part(LIFECYCLE, "filter", None), "without a filter"),
    ("files_are_posted_from_the_site", with_part(CORS, "allowedOrigins", ["https://elsewhere.example"]), "the site is"),
    ("files_are_posted_from_the_site", with_part(CORS, "allowedHeaders", []), "refuses browsers that ask"),
    ("databases_outlive_minor_versions", with_inputs(DATABASE, engineVersion="16.6"), "the minor version 16.6"),
    ("databases_outlive_minor_versions", minding_all, "taken back to an older minor version"),
    ("containers_are_confined", with_container(user="0"), "another user"),
    ("containers_are_confined", with_container(privileged=True), "another user"),
    ("containers_are_confined", with_container(dockerSecurityOptions=[]), "gain rights"),
    ("containers_are_confined", with_container(linuxParameters={}), "capabilities of root"),
    ("containers_are_confined", with_container(readonlyRootFilesystem=False), "its own programs"),
    (
        "rights_come_with_what_they_need",
        with_statement(ROLE_POLICY, "policy", Action=["s3:PutObject"]),
        "without s3:AbortMultipartUpload",
    ),
    (
        "rights_come_with_what_they_need",
        with_statement(ROLE_POLICY, "policy", Action=["ec2:CreateNetworkInterface"]),
        "without ec2:DescribeSubnets",
    ),
    ("names_differ", doubled, "is there twice"),
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
        with_part("aws:sns/topicSubscription:TopicSubscription", "redrivePolicy", ""),
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
    ("access_is_logged", without("aws:s3/bucketLogging:BucketLogging"), "Bucket labelmill-prod-labels does not tell"),
    ("access_is_logged", with_inputs("aws:s3/bucketLogging:BucketLogging", targetBucket="theirs"), "of others"),
    ("access_is_logged", without("aws:cloudwatch/logDeliverySource:LogDeliverySource"), "Distribution"),
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
