"""S3 and DynamoDB."""

from typing import Any

from .clients import Clients
from .registry import Inputs, Made, creates


@creates("aws:s3/bucket:Bucket")
def bucket(clients: Clients, name: str, inputs: Inputs) -> Made:
    s3, bucket = clients.get("s3"), inputs.get("bucket") or name
    if bucket not in {one["Name"] for one in s3.list_buckets()["Buckets"]}:
        s3.create_bucket(Bucket=bucket)
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": _tags(inputs)})
    domain = f"{bucket}.s3.{clients.region}.amazonaws.com"
    return Made(bucket, {"bucket": bucket, "arn": f"arn:aws:s3:::{bucket}", "bucketRegionalDomainName": domain})


@creates("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock")
def public_access_block(clients: Clients, name: str, inputs: Inputs) -> Made:
    wanted = {
        "BlockPublicAcls": inputs["blockPublicAcls"],
        "IgnorePublicAcls": inputs["ignorePublicAcls"],
        "BlockPublicPolicy": inputs["blockPublicPolicy"],
        "RestrictPublicBuckets": inputs["restrictPublicBuckets"],
    }
    clients.get("s3").put_public_access_block(Bucket=inputs["bucket"], PublicAccessBlockConfiguration=wanted)
    return Made(inputs["bucket"])


@creates("aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration")
def encryption(clients: Clients, name: str, inputs: Inputs) -> Made:
    algorithms = [rule["applyServerSideEncryptionByDefault"]["sseAlgorithm"] for rule in inputs["rules"]]
    rules = [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": one}} for one in algorithms]
    clients.get("s3").put_bucket_encryption(Bucket=inputs["bucket"], ServerSideEncryptionConfiguration={"Rules": rules})
    return Made(inputs["bucket"])


@creates("aws:s3/bucketVersioning:BucketVersioning")
def versioning(clients: Clients, name: str, inputs: Inputs) -> Made:
    status = inputs["versioningConfiguration"]["status"]
    clients.get("s3").put_bucket_versioning(Bucket=inputs["bucket"], VersioningConfiguration={"Status": status})
    return Made(inputs["bucket"])


@creates("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration")
def lifecycle(clients: Clients, name: str, inputs: Inputs) -> Made:
    clients.get("s3").put_bucket_lifecycle_configuration(
        Bucket=inputs["bucket"], LifecycleConfiguration={"Rules": [_rule(rule) for rule in inputs["rules"]]}
    )
    return Made(inputs["bucket"])


@creates("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration")
def cors(clients: Clients, name: str, inputs: Inputs) -> Made:
    rules = [
        {
            "AllowedMethods": rule["allowedMethods"],
            "AllowedOrigins": ["*"],  # the web application's port is chosen when it starts
            "AllowedHeaders": rule["allowedHeaders"],
            "MaxAgeSeconds": int(rule["maxAgeSeconds"]),
        }
        for rule in inputs["corsRules"]
    ]
    clients.get("s3").put_bucket_cors(Bucket=inputs["bucket"], CORSConfiguration={"CORSRules": rules})
    return Made(inputs["bucket"])


@creates("aws:s3/bucketLogging:BucketLogging")
def logging(clients: Clients, name: str, inputs: Inputs) -> Made:
    target = {"TargetBucket": inputs["targetBucket"], "TargetPrefix": inputs["targetPrefix"]}
    clients.get("s3").put_bucket_logging(Bucket=inputs["bucket"], BucketLoggingStatus={"LoggingEnabled": target})
    return Made(inputs["bucket"])


@creates("aws:s3/bucketNotification:BucketNotification")
def notification(clients: Clients, name: str, inputs: Inputs) -> Made:
    queues = [
        {
            "QueueArn": one["queueArn"],
            "Events": one["events"],
            "Filter": {"Key": {"FilterRules": [{"Name": "prefix", "Value": one["filterPrefix"]}]}},
        }
        for one in inputs["queues"]
    ]
    clients.get("s3").put_bucket_notification_configuration(
        Bucket=inputs["bucket"], NotificationConfiguration={"QueueConfigurations": queues}
    )
    return Made(inputs["bucket"])


def _rule(rule: Inputs) -> Inputs:
    made: dict[str, Any] = {
        "ID": rule["id"],
        "Status": rule["status"],
        "Filter": {"Prefix": (rule.get("filter") or {}).get("prefix", "")},
    }
    if days := (rule.get("expiration") or {}).get("days"):
        made["Expiration"] = {"Days": days}
    if old := rule.get("noncurrentVersionExpiration"):
        made["NoncurrentVersionExpiration"] = {"NoncurrentDays": old["noncurrentDays"]}
    if unfinished := rule.get("abortIncompleteMultipartUpload"):
        made["AbortIncompleteMultipartUpload"] = {"DaysAfterInitiation": unfinished["daysAfterInitiation"]}
    return made


def _tags(inputs: Inputs) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in (inputs.get("tags") or {}).items()]


@creates("aws:dynamodb/table:Table")
def table(clients: Clients, name: str, inputs: Inputs) -> Made:
    dynamodb, table = clients.get("dynamodb"), inputs.get("name") or name
    try:
        arn = dynamodb.describe_table(TableName=table)["Table"]["TableArn"]
    except dynamodb.exceptions.ResourceNotFoundException:
        keys = [{"AttributeName": inputs["hashKey"], "KeyType": "HASH"}]
        if inputs.get("rangeKey"):
            keys.append({"AttributeName": inputs["rangeKey"], "KeyType": "RANGE"})
        made = dynamodb.create_table(
            TableName=table,
            AttributeDefinitions=[
                {"AttributeName": one["name"], "AttributeType": one["type"]} for one in inputs["attributes"]
            ],
            KeySchema=keys,
            BillingMode=inputs["billingMode"],
            **_indexes(inputs),
        )
        arn = made["TableDescription"]["TableArn"]
        dynamodb.get_waiter("table_exists").wait(TableName=table)
    dynamodb.update_continuous_backups(
        TableName=table,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": inputs["pointInTimeRecovery"]["enabled"]},
    )
    if ttl := inputs.get("ttl"):
        there = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        if there["TimeToLiveStatus"] == "DISABLED":  # switching it on twice is refused
            wanted = {"Enabled": True, "AttributeName": ttl["attributeName"]}
            dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=wanted)
    return Made(table, {"arn": arn, "name": table})


def _indexes(inputs: Inputs) -> Inputs:
    made = [
        {
            "IndexName": one["name"],
            "KeySchema": [
                {"AttributeName": one["hashKey"], "KeyType": "HASH"},
                {"AttributeName": one["rangeKey"], "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": one["projectionType"]},
        }
        for one in inputs.get("globalSecondaryIndexes") or []
    ]
    return {"GlobalSecondaryIndexes": made} if made else {}
