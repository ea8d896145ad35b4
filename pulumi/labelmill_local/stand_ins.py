"""What a resource that nobody makes is said to be: its ARN, and the id that others refer to it by."""

from typing import Any

# How the ARNs look that are not `arn:aws:<service>:<region>:<account>:<name>`: policies are checked against them.
_ARNS = {
    "aws:cloudwatch/logGroup:LogGroup": "arn:aws:logs:{region}:{account}:log-group:{name}",
    "aws:cloudwatch/metricAlarm:MetricAlarm": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}",
    "aws:cloudfront/distribution:Distribution": "arn:aws:cloudfront::{account}:distribution/{name}",
    "aws:dynamodb/table:Table": "arn:aws:dynamodb:{region}:{account}:table/{name}",
    "aws:ecr/repository:Repository": "arn:aws:ecr:{region}:{account}:repository/{name}",
    "aws:ecs/cluster:Cluster": "arn:aws:ecs:{region}:{account}:cluster/{name}",
    "aws:ecs/taskDefinition:TaskDefinition": "arn:aws:ecs:{region}:{account}:task-definition/{name}:1",
    "aws:iam/role:Role": "arn:aws:iam::{account}:role/{name}",
    "aws:kms/key:Key": "arn:aws:kms:{region}:{account}:key/{name}",
    "aws:lambda/function:Function": "arn:aws:lambda:{region}:{account}:function:{name}",
    "aws:rds/cluster:Cluster": "arn:aws:rds:{region}:{account}:cluster:{name}",
    "aws:s3/bucket:Bucket": "arn:aws:s3:::{name}",
    "aws:scheduler/scheduleGroup:ScheduleGroup": "arn:aws:scheduler:{region}:{account}:schedule-group/{name}",
    "aws:secretsmanager/secret:Secret": "arn:aws:secretsmanager:{region}:{account}:secret:{name}-AbCdEf",
    "aws:sesv2/emailIdentity:EmailIdentity": "arn:aws:ses:{region}:{account}:identity/{name}",
}
# What else of a type is referred to.
_MORE = {
    "aws:ecs/taskDefinition:TaskDefinition": {
        "arnWithoutRevision": "arn:aws:ecs:{region}:{account}:task-definition/{name}"
    },
    "aws:ecr/repository:Repository": {"repositoryUrl": "{account}.dkr.ecr.{region}.amazonaws.com/{name}"},
    "aws:rds/cluster:Cluster": {
        "endpoint": "{name}.cluster-abcdefghijkl.{region}.rds.amazonaws.com",
        "clusterResourceId": "cluster-ABCDEFGHIJKL",
        "clusterIdentifier": "{name}",
    },
    "aws:cloudfront/distribution:Distribution": {
        "domainName": "d111111abcdef8.cloudfront.net",
        "hostedZoneId": "Z2FDTNDATAQYW2",
    },
    "aws:route53/record:Record": {"fqdn": "{name}"},
    "aws:ec2/vpcEndpoint:VpcEndpoint": {"prefixListId": "pl-{name}"},
    "aws:s3/bucket:Bucket": {"bucketRegionalDomainName": "{name}.s3.{region}.amazonaws.com"},
    "aws:acm/certificate:Certificate": {
        "domainValidationOptions": [
            {"resourceRecordName": "_x.{name}", "resourceRecordType": "CNAME", "resourceRecordValue": "_y.aws"}
        ]
    },
}


def stand_in(kind: str, name: str, inputs: dict[str, Any], region: str, account: str) -> tuple[str, dict[str, Any]]:
    """The id and the outputs of a resource of a type, such as `aws:sqs/queue:Queue`."""
    service = kind.split(":")[1].split("/")[0] if kind.count(":") == 2 else "none"
    known = {"service": service, "region": region, "account": account, "name": name}
    arn = _ARNS.get(kind, "arn:aws:{service}:{region}:{account}:{name}").format(**known)
    identity = f"https://sqs.{region}.amazonaws.com/{account}/{name}" if kind == "aws:sqs/queue:Queue" else name
    return identity, {"name": name, "arn": arn, **_filled(_MORE.get(kind, {}), known), **inputs}


def _filled(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, known) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, known) for one in value]
    return value.format(**known)
