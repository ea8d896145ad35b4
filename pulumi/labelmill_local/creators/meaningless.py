"""The types of resources that mean nothing on one machine, each with the reason. All others are made."""

# A whole service by its module, `aws:<module>/`, or one type.
MEANINGLESS = {
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "the emulator has no object ACLs to switch off",
    "aws:s3/bucketPolicy:BucketPolicy": "it refuses plain HTTP, which is what the emulator speaks on the loopback",
    "aws:ec2/": "one machine is no network",
    "aws:vpc/": "one machine is no network",
    "aws:ecs/": "what runs in containers on AWS runs as ordinary processes here",
    "aws:ecr/": "processes need no images",
    "aws:autoscaling/": "there are no machines to start",
    "aws:appautoscaling/": "processes are started by hand",
    "aws:iam/instanceProfile:InstanceProfile": "there are no machines to take a role",
    "aws:rds/": "the database is SQLite, or a PostgreSQL of one's own",
    "aws:cloudwatch/logDelivery:LogDelivery": "there is no CloudFront to log",
    "aws:cloudwatch/logDeliveryDestination:LogDeliveryDestination": "there is no CloudFront to log",
    "aws:cloudwatch/logDeliverySource:LogDeliverySource": "there is no CloudFront to log",
    "aws:cloudfront/": "the labeler and its static files are served by one process",
    "aws:acm/": "the loopback needs no certificate",
    "aws:route53/": "the loopback needs no name",
    "aws:budgets/": "nothing here costs anything",
}


def why_meaningless(kind: str) -> str:
    """The reason why nothing is made of a type; empty where something is."""
    return MEANINGLESS.get(kind) or MEANINGLESS.get(kind.split("/")[0] + "/", "")
