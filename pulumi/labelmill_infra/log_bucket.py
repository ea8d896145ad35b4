"""Where it is written who asked for what: of every bucket, and of CloudFront."""

import pulumi
from pulumi_aws import s3

from . import iam
from .component import Scope
from .storage import PrivateBucket


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
