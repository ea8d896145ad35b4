"""What operators rely on: logs that end, tags, and environments anybody may see."""

import re
from collections.abc import Iterator

from labelmill_infra.recorded import RecordedStack

from .functions import FUNCTION

TAGS = frozenset({"project", "stack", "component", "cost"})
# Resources that are settings of others, and types AWS gives no tags.
UNTAGGED = frozenset(
    {
        "aws:iam/rolePolicy:RolePolicy",
        "aws:kms/alias:Alias",
        "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketNotification:BucketNotification",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:scheduler/schedule:Schedule",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:sns/topicSubscription:TopicSubscription",
        "aws:sqs/queuePolicy:QueuePolicy",
        "aws:sqs/redriveAllowPolicy:RedriveAllowPolicy",
    }
)
_SECRET_NAME = re.compile(r"PASSWORD|SECRET|TOKEN|CREDENTIAL|PRIVATE_KEY", re.IGNORECASE)


def logs_end(stack: RecordedStack) -> Iterator[str]:
    for group in stack.of("aws:cloudwatch/logGroup:LogGroup"):
        if not group.inputs.get("retentionInDays"):
            yield f"{group} keeps logs for ever"


def everything_is_tagged(stack: RecordedStack) -> Iterator[str]:
    for one in stack.resources:
        if one.is_component or one.kind in UNTAGGED or not one.kind.startswith("aws:"):
            continue
        if missing := TAGS - set(one.inputs.get("tags") or {}):
            yield f"{one} lacks the tags {', '.join(sorted(missing))}"


def environments_hold_no_secrets(stack: RecordedStack) -> Iterator[str]:
    """A secret's name (its ARN) may be there; the secret itself is read from Secrets Manager."""
    for function in stack.of(FUNCTION):
        for name, value in function.inputs.get("environment", {}).get("variables", {}).items():
            if _SECRET_NAME.search(name) and not str(value).startswith("arn:"):
                yield f"{function} has a secret in its environment: {name}"
    for name in stack.outputs:
        if _SECRET_NAME.search(name) and not name.endswith("_arn") and name not in stack.secret_outputs:
            yield f"output {name} is a secret in the clear"
