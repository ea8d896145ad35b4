"""IAM policy documents as pure functions of ARNs."""

import json
from collections.abc import Sequence
from typing import Any

Statement = dict[str, Any]

SEND = ("sqs:SendMessage", "sqs:GetQueueAttributes")
CONSUME = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes")


def allow(actions: Sequence[str], resources: Sequence[str], condition: dict[str, Any] | None = None) -> Statement:
    """A statement of an identity policy."""
    statement: Statement = {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}
    return {**statement, "Condition": condition} if condition else statement


def document(statements: Sequence[Statement]) -> str:
    """A policy document as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def trust(services: Sequence[str], account: str = "") -> str:
    """Lets AWS services take a role; with `account`, on behalf of that account only (not every service sends it)."""
    statement: Statement = {"Effect": "Allow", "Principal": {"Service": list(services)}, "Action": "sts:AssumeRole"}
    if account:
        statement["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    return document([statement])


def _tls_only(bucket_arn: str) -> Statement:
    return {
        "Sid": "TlsOnly",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [bucket_arn, f"{bucket_arn}/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


BUCKET_LOGS = "buckets/"  # prefix; CloudFront's are where AWS puts them, under AWSLogs/


def log_bucket_policy(bucket_arn: str, account: str) -> str:
    """Of the bucket of logs: written by S3 about other buckets and by CloudFront, of this account; TLS only."""
    ours = {"aws:SourceAccount": account}
    return document(
        [
            _tls_only(bucket_arn),
            {
                "Sid": "FromBuckets",
                "Effect": "Allow",
                "Principal": {"Service": "logging.s3.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"{bucket_arn}/{BUCKET_LOGS}*",
                "Condition": {"StringEquals": ours},
            },
            {
                "Sid": "FromCloudFront",
                "Effect": "Allow",
                "Principal": {"Service": "delivery.logs.amazonaws.com"},
                "Action": "s3:PutObject",
                "Resource": f"{bucket_arn}/AWSLogs/{account}/*",
                "Condition": {
                    "StringEquals": {**ours, "s3:x-amz-acl": "bucket-owner-full-control"},
                    "ArnLike": {"aws:SourceArn": f"arn:aws:logs:us-east-1:{account}:delivery-source:*"},
                },
            },
        ]
    )


def bucket_policy(bucket_arn: str, distribution_arn: str | None) -> str:
    """A bucket's own policy: TLS only, and readable to one CloudFront distribution where it has one."""
    statements = [_tls_only(bucket_arn)]
    if distribution_arn:
        statements.append(
            {
                "Sid": "FromDistribution",
                "Effect": "Allow",
                "Principal": {"Service": "cloudfront.amazonaws.com"},
                "Action": "s3:GetObject",
                "Resource": f"{bucket_arn}/*",
                "Condition": {"StringEquals": {"aws:SourceArn": distribution_arn}},
            }
        )
    return document(statements)


def queue_policy(queue_arn: str, topic_arn: str | None, bucket_arn: str | None = None) -> str:
    """A queue's own policy: TLS only, and open to one topic or to a bucket's events where it has one."""
    statements: list[Statement] = [
        {
            "Sid": "TlsOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "sqs:*",
            "Resource": queue_arn,
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    ]
    for sid, service, arn in (("FromTopic", "sns", topic_arn), ("FromBucket", "s3", bucket_arn)):
        if arn:
            statements.append(
                {
                    "Sid": sid,
                    "Effect": "Allow",
                    "Principal": {"Service": f"{service}.amazonaws.com"},
                    "Action": "sqs:SendMessage",
                    "Resource": queue_arn,
                    "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
                }
            )
    return document(statements)


def tracing() -> Statement:
    """Sends X-Ray segments. X-Ray knows no resources to name, and these two actions read nothing."""
    return allow(["xray:PutTraceSegments", "xray:PutTelemetryRecords"], ["*"])


def objects(bucket_arn: str, prefixes: Sequence[str]) -> list[str]:
    """The ARNs of the objects under prefixes such as `posts/`."""
    return [f"{bucket_arn}/{prefix}*" for prefix in prefixes]


_KEY_ADMINISTRATION = (
    "kms:CancelKeyDeletion",
    "kms:CreateAlias",
    "kms:DeleteAlias",
    "kms:DescribeKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateAlias",
    "kms:UpdateKeyDescription",
)
_KEY_USE = ("kms:Decrypt", "kms:GenerateDataKey")
_ALARMING = ("cloudwatch.amazonaws.com", "budgets.amazonaws.com")


def alarm_key_policy(account: str) -> str:
    """Lets the account's administrators keep the key, and alarms, budgets and the account use it. (A key's policy names
    the key itself by `*`.)"""
    root = {"AWS": f"arn:aws:iam::{account}:root"}
    return document(
        [
            {"Effect": "Allow", "Principal": root, "Action": [*_KEY_ADMINISTRATION, *_KEY_USE], "Resource": "*"},
            {
                "Effect": "Allow",
                "Principal": {"Service": list(_ALARMING)},
                "Action": list(_KEY_USE),
                "Resource": "*",
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            },
        ]
    )


def alarm_topic_policy(topic_arn: str, account: str) -> str:
    """Lets this account's alarms and budgets publish."""
    return document(
        [
            {
                "Effect": "Allow",
                "Principal": {"Service": list(_ALARMING)},
                "Action": "sns:Publish",
                "Resource": topic_arn,
                "Condition": {"StringEquals": {"aws:SourceAccount": account}},
            }
        ]
    )


def watch_network(group_arn: str) -> list[Statement]:
    """What the flow logs of a network do: they look for their group among all before they write to it."""
    return [write_logs(group_arn), allow(["logs:DescribeLogGroups"], ["*"])]


def write_logs(group_arn: str) -> Statement:
    """Writes to one log group."""
    return allow(["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"], [f"{group_arn}:*"])


def read_secrets(arns: Sequence[str]) -> Statement:
    return allow(["secretsmanager:GetSecretValue"], arns)


def registry_login() -> Statement:
    """A log-in to the account's image registry, which is one and has no name to give."""
    return allow(["ecr:GetAuthorizationToken"], ["*"])


def network_interfaces() -> Statement:
    """What Lambda does, in a function's name, to put it into a network. These actions take no resources that are known
    before the interface is."""
    actions = ["ec2:CreateNetworkInterface", "ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"]
    return allow(
        [*actions, "ec2:DescribeSubnets", "ec2:AssignPrivateIpAddresses", "ec2:UnassignPrivateIpAddresses"], ["*"]
    )


def container_agent(cluster_arn: str) -> str:
    """What the agent on a machine does: register it with one cluster, and report on the tasks there."""
    here = {"ArnEquals": {"ecs:cluster": cluster_arn}}
    instances = f"{cluster_arn.replace(':cluster/', ':container-instance/')}/*"
    return document(
        [
            allow(["ecs:DiscoverPollEndpoint"], ["*"]),
            allow(["ecs:RegisterContainerInstance", "ecs:DeregisterContainerInstance"], [cluster_arn]),
            allow(["ecs:Poll", "ecs:StartTelemetrySession", "ecs:UpdateContainerInstancesState"], [instances], here),
            allow(
                [
                    "ecs:SubmitAttachmentStateChanges",
                    "ecs:SubmitContainerStateChange",
                    "ecs:SubmitTaskStateChange",
                ],
                [cluster_arn],
            ),
        ]
    )


def protect_tasks(cluster_arn: str) -> Statement:
    """Of a cluster's tasks, which the agent on their machine narrows down to the one that asks."""
    tasks = f"{cluster_arn.replace(':cluster/', ':task/')}/*"
    return allow(["ecs:GetTaskProtection", "ecs:UpdateTaskProtection"], [tasks])


def run_task(definition_arn: str, cluster_arn: str, *rest: str) -> list[Statement]:
    """Runs one kind of task in one cluster; `rest`: the task's role, its execution role, the dead-letter queue."""
    *roles, dead_letters = rest
    to_tasks = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    return [
        allow(["ecs:RunTask"], [f"{definition_arn}:*"], {"ArnEquals": {"ecs:cluster": cluster_arn}}),
        allow(["ecs:TagResource"], [f"{cluster_arn.replace(':cluster/', ':task/')}/*"]),
        allow(["iam:PassRole"], roles, to_tasks),
        allow(["sqs:SendMessage"], [dead_letters]),
    ]
