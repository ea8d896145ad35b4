"""What operators rely on: logs that end, tags, and environments anybody may see."""

import json
import re
from collections.abc import Iterator

from labelmill_infra.recorded import RecordedStack, Resource

from .messages import FUNCTION

TAGS = frozenset({"project", "stack", "component", "cost"})
# Resources that are settings of others, and types AWS gives no tags.
UNTAGGED = frozenset(
    {
        "aws:acm/certificateValidation:CertificateValidation",
        "aws:appautoscaling/policy:Policy",
        "aws:cloudfront/function:Function",
        "aws:cloudfront/originAccessControl:OriginAccessControl",
        "aws:cloudfront/responseHeadersPolicy:ResponseHeadersPolicy",
        "aws:cloudwatch/dashboard:Dashboard",
        "aws:ec2/route:Route",
        "aws:ec2/routeTableAssociation:RouteTableAssociation",
        "aws:ecr/lifecyclePolicy:LifecyclePolicy",
        "aws:ecs/clusterCapacityProviders:ClusterCapacityProviders",
        "aws:iam/rolePolicy:RolePolicy",
        "aws:kms/alias:Alias",
        "aws:route53/record:Record",
        "aws:s3/bucketCorsConfiguration:BucketCorsConfiguration",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        "aws:s3/bucketLogging:BucketLogging",
        "aws:s3/bucketNotification:BucketNotification",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        "aws:s3/bucketPolicy:BucketPolicy",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        "aws:s3/bucketVersioning:BucketVersioning",
        "aws:scheduler/schedule:Schedule",
        "aws:secretsmanager/secretVersion:SecretVersion",
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


def access_is_logged(stack: RecordedStack) -> Iterator[str]:
    """Of every bucket but the one of the logs, and of the site."""
    buckets = {one.outputs["id"]: one for one in stack.of("aws:s3/bucket:Bucket")}
    logged = {
        one.inputs["bucket"]: one.inputs["targetBucket"] for one in stack.of("aws:s3/bucketLogging:BucketLogging")
    }
    for name, bucket in buckets.items():
        if name in logged.values():
            continue
        if name not in logged:
            yield f"{bucket} does not tell who asked for what"
        elif logged[name] not in buckets:
            yield f"{bucket} tells it to a bucket of others"
    told = {one.inputs["resourceArn"] for one in stack.of("aws:cloudwatch/logDeliverySource:LogDeliverySource")}
    for one in stack.of("aws:cloudfront/distribution:Distribution"):
        if one.outputs["arn"] not in told:
            yield f"{one} does not tell who asked for what"


def everything_is_tagged(stack: RecordedStack) -> Iterator[str]:
    for one in stack.resources:
        if one.is_component or one.kind in UNTAGGED or not one.kind.startswith("aws:"):
            continue
        if missing := TAGS - _tags(one):
            yield f"{one} lacks the tags {', '.join(sorted(missing))}"


def names_differ(stack: RecordedStack) -> Iterator[str]:
    """Two resources of one type and name are two on AWS, which adds to names, but one on a machine of one's own."""
    seen = set()
    for one in stack.resources:
        if not one.is_component and (one.kind, one.name) in seen:
            yield f"{one} is there twice"
        seen.add((one.kind, one.name))


def _tags(resource: Resource) -> set[str]:
    """Their keys; a group of machines has its tags as a list."""
    tags = resource.inputs.get("tags") or {}
    return set(tags) if isinstance(tags, dict) else {one["key"] for one in tags}


def environments_hold_no_secrets(stack: RecordedStack) -> Iterator[str]:
    """A secret's name (its ARN) may be there; the secret itself is read from Secrets Manager."""
    for function in stack.of(FUNCTION):
        for name, value in function.inputs.get("environment", {}).get("variables", {}).items():
            if _SECRET_NAME.search(name) and not str(value).startswith("arn:"):
                yield f"{function} has a secret in its environment: {name}"
    for task in stack.of("aws:ecs/taskDefinition:TaskDefinition"):
        for container in json.loads(task.inputs["containerDefinitions"]):
            for variable in container["environment"]:
                if _SECRET_NAME.search(variable["name"]) and not str(variable["value"]).startswith("arn:"):
                    yield f"{task} has a secret in its environment: {variable['name']}"
    for name in stack.outputs:
        if _SECRET_NAME.search(name) and not name.endswith("_arn") and name not in stack.secret_outputs:
            yield f"output {name} is a secret in the clear"
