"""Buckets and tables."""

from collections.abc import Iterator

from labelmill_infra.recorded import RecordedStack, Resource, statements

from .messages import refuses_plain_http

BUCKET = "aws:s3/bucket:Bucket"
TABLE = "aws:dynamodb/table:Table"
# What can't be made again when it is lost. (Queues hold nothing for longer than their retention.)
DATABASE = "aws:rds/cluster:Cluster"
HOLDS_DATA = (BUCKET, TABLE, DATABASE)
FEWEST_BACKUP_DAYS = 7
_CLOSED = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")


def buckets_are_private(stack: RecordedStack) -> Iterator[str]:
    kind = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
    for bucket in stack.of(BUCKET):
        blocks = list(_about(stack, bucket, kind))
        if not any(all(one.inputs.get(key) is True for key in _CLOSED) for one in blocks):
            yield f"{bucket} may be opened to the public"


def buckets_are_encrypted(stack: RecordedStack) -> Iterator[str]:
    kind = "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    for bucket in stack.of(BUCKET):
        if not any(_about(stack, bucket, kind)):
            yield f"{bucket} is not encrypted"


def buckets_take_tls_only(stack: RecordedStack) -> Iterator[str]:
    for bucket in stack.of(BUCKET):
        policies = _about(stack, bucket, "aws:s3/bucketPolicy:BucketPolicy")
        if not any(refuses_plain_http(one) for policy in policies for one in statements(policy, "policy")):
            yield f"{bucket} takes requests without TLS"


def lifecycle_rules_are_whole(stack: RecordedStack) -> Iterator[str]:
    """S3 refuses a rule without an id, and the provider will refuse one that does not say of which objects it is."""
    for one in stack.of("aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"):
        for rule in one.inputs["rules"]:
            if not rule.get("id"):
                yield f"{one} has a rule without an id"
            if "prefix" not in (rule.get("filter") or {}):
                yield f"{one} has a rule, {rule.get('id')!r}, without a filter"


def files_are_posted_from_the_site(stack: RecordedStack) -> Iterator[str]:
    for one in stack.of("aws:s3/bucketCorsConfiguration:BucketCorsConfiguration"):
        for rule in one.inputs["corsRules"]:
            if rule["allowedOrigins"] != [site := stack.outputs["site_url"]]:
                yield f"{one} lets pages of {rule['allowedOrigins']} post files, the site is {site}"
            if not rule.get("allowedHeaders"):
                yield f"{one} refuses browsers that ask before they post"


def labels_are_versioned(stack: RecordedStack) -> Iterator[str]:
    """Labels are the system of record: an overwritten or deleted object must be there still."""
    for output in ("labels_bucket", "releases_bucket"):
        for bucket in stack.of(BUCKET):
            if bucket.outputs["id"] != stack.outputs.get(output):
                continue
            kept = _about(stack, bucket, "aws:s3/bucketVersioning:BucketVersioning")
            if not any(one.inputs["versioningConfiguration"]["status"] == "Enabled" for one in kept):
                yield f"{bucket} keeps no versions"


def tables_recover(stack: RecordedStack) -> Iterator[str]:
    for table in stack.of(TABLE):
        if not table.inputs.get("pointInTimeRecovery", {}).get("enabled"):
            yield f"{table} can't be restored to a point in time"
        if not table.inputs.get("serverSideEncryption", {}).get("enabled"):
            yield f"{table} is not encrypted by a key of the account"


def databases_are_closed(stack: RecordedStack) -> Iterator[str]:
    forced = {
        one.outputs["name"]
        for one in stack.of("aws:rds/clusterParameterGroup:ClusterParameterGroup")
        if {"name": "rds.force_ssl", "value": "1"} in one.inputs.get("parameters", [])
    }
    for one in stack.of(DATABASE):
        if not one.inputs.get("storageEncrypted"):
            yield f"{one} is not encrypted"
        if one.inputs.get("dbClusterParameterGroupName") not in forced:
            yield f"{one} takes connections without TLS"
        if not one.inputs.get("iamDatabaseAuthenticationEnabled") or one.inputs.get("masterPassword"):
            yield f"{one} is entered by a password that somebody knows"
        if one.inputs.get("backupRetentionPeriod", 1) < FEWEST_BACKUP_DAYS:
            yield f"{one} keeps backups for fewer than {FEWEST_BACKUP_DAYS} days"
    for one in stack.of("aws:rds/clusterInstance:ClusterInstance"):
        if one.inputs.get("publiclyAccessible") is not False:
            yield f"{one} may have a public address"


def databases_outlive_minor_versions(stack: RecordedStack) -> Iterator[str]:
    """AWS upgrades minor versions by itself, and takes old ones from its list."""
    for one in stack.of(DATABASE, "aws:rds/clusterInstance:ClusterInstance"):
        version = str(one.inputs.get("engineVersion"))
        if not version.isdigit():
            yield f"{one} names the minor version {version}, which AWS will not have for long"
        if "engineVersion" not in one.ignores:
            yield f"{one} would be taken back to an older minor version, which AWS refuses"


def production_data_is_protected(stack: RecordedStack) -> Iterator[str]:
    if stack.name != "prod":
        return
    for one in stack.of(*HOLDS_DATA):
        if not one.protect:
            yield f"{one} may be deleted by a change of the program"
    for one in stack.of(TABLE, DATABASE):
        if not (one.inputs.get("deletionProtectionEnabled") or one.inputs.get("deletionProtection")):
            yield f"{one} may be deleted by anybody with the right to"


def _about(stack: RecordedStack, bucket: Resource, kind: str) -> Iterator[Resource]:
    """The settings of one kind that belong to a bucket, which are resources of their own."""
    return (one for one in stack.of(kind) if one.inputs.get("bucket") == bucket.outputs["id"])
