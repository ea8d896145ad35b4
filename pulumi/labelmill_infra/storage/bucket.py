"""Private buckets: encrypted, TLS only, closed to the public, and what may be done in them."""

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_aws import s3
from pulumi_aws.s3 import BucketLifecycleConfigurationRuleArgsDict as RuleDict

from labelmill_infra import iam
from labelmill_infra.component import Component, Scope
from labelmill_infra.role import Grant


class PrivateBucket(Component):
    """A bucket nobody reads but by a grant."""

    def __init__(
        self,
        noun: str,
        scope: Scope,
        *,
        log_to: pulumi.Input[str] | None,
        versioned: bool = False,
        expire_days: Mapping[str, int] | None = None,
        has_reader: bool = False,
    ) -> None:
        """`log_to`: the bucket where it is written who asked for what. `expire_days`: prefix → days after which its
        objects go. With `has_reader`, a policy is written later: a bucket has one."""
        super().__init__("Bucket", noun, scope)
        self.bucket = s3.Bucket(self.name, tags=self.tags, opts=self.child(holds_data=True))
        self.closed = s3.BucketPublicAccessBlock(
            self.name,
            bucket=self.bucket.id,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=self.child(),
        )
        s3.BucketOwnershipControls(
            self.name,
            bucket=self.bucket.id,
            rule={"object_ownership": "BucketOwnerEnforced"},
            opts=self.child(),
        )
        s3.BucketServerSideEncryptionConfiguration(
            self.name,
            bucket=self.bucket.id,
            rules=[{"apply_server_side_encryption_by_default": {"sse_algorithm": "AES256"}}],
            opts=self.child(),
        )
        if versioned:
            s3.BucketVersioning(
                self.name,
                bucket=self.bucket.id,
                versioning_configuration={"status": "Enabled"},
                opts=self.child(),
            )
        if log_to is not None:
            s3.BucketLogging(
                self.name,
                bucket=self.bucket.id,
                target_bucket=log_to,
                target_prefix=f"{iam.BUCKET_LOGS}{noun}/",
                opts=self.child(),
            )
        if not has_reader:
            self.open_to()
        s3.BucketLifecycleConfiguration(
            self.name,
            bucket=self.bucket.id,
            rules=_lifecycle(expire_days or {}, versioned),
            opts=self.child(),
        )
        self.register_outputs({"bucket": self.bucket.id})

    def open_to(self, distribution: pulumi.Input[str] | None = None) -> None:
        """Writes the bucket's policy: TLS only, and readable to one CloudFront distribution, by ARN, if any."""
        s3.BucketPolicy(
            self.name,
            bucket=self.bucket.id,
            policy=pulumi.Output.all(self.bucket.arn, distribution).apply(lambda arns: iam.bucket_policy(*arns)),
            opts=self.child(depends_on=[self.closed]),  # S3 refuses both at once
        )

    def read(self, *prefixes: str) -> Grant:
        return self._objects(["s3:GetObject"], prefixes)

    def write(self, *prefixes: str) -> Grant:
        """And take away the parts of a large upload that failed, which would be billed."""
        return self._objects(["s3:PutObject", "s3:AbortMultipartUpload"], prefixes)

    def delete(self, *prefixes: str) -> Grant:
        return self._objects(["s3:DeleteObject"], prefixes)

    def restore(self, *prefixes: str) -> Grant:
        """Ask for what rests in an archive class."""
        return self._objects(["s3:RestoreObject"], prefixes)

    def list(self, *prefixes: str) -> Grant:
        """Needed beside `read` too: without it a missing object answers 403 instead of 404."""
        condition = {"StringLike": {"s3:prefix": [f"{prefix}*" for prefix in prefixes]}}
        return self.bucket.arn.apply(lambda arn: iam.allow(["s3:ListBucket"], [arn], condition))

    def _objects(self, actions: Sequence[str], prefixes: Sequence[str]) -> Grant:
        return self.bucket.arn.apply(lambda arn: iam.allow(actions, iam.objects(arn, prefixes)))


def _lifecycle(expire_days: Mapping[str, int], versioned: bool) -> list[RuleDict]:
    """Each rule with an id and a filter: S3 refuses a rule without the one, the provider soon one without the other."""

    def rule(identity: str, prefix: str = "") -> RuleDict:
        return {"id": identity, "status": "Enabled", "filter": {"prefix": prefix}}

    # Parts of uploads that never ended are billed and never listed.
    rules = [rule("unfinished") | {"abort_incomplete_multipart_upload": {"days_after_initiation": 7}}]
    if versioned:
        rules.append(rule("old") | {"noncurrent_version_expiration": {"noncurrent_days": 90}})
    for prefix, days in expire_days.items():
        rules.append(rule(prefix.strip("/") or "everything", prefix) | {"expiration": {"days": days}})
    return rules


class LogBucket(PrivateBucket):
    """Written by AWS alone. Its objects go when logs do; it keeps none about itself, or it would never rest."""

    def __init__(self, noun: str, scope: Scope, *, account: pulumi.Input[str]) -> None:
        super().__init__(noun, scope, log_to=None, expire_days={"": scope.log_retention_days}, has_reader=True)
        s3.BucketPolicy(
            self.name,
            bucket=self.bucket.id,
            policy=pulumi.Output.all(self.bucket.arn, account).apply(lambda both: iam.log_bucket_policy(*both)),
            opts=self.child(depends_on=[self.closed]),
        )
