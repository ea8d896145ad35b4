"""The types of resources that mean nothing on one machine, each with the reason. All others are made."""

MEANINGLESS = {
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": "the emulator has no object ACLs to switch off",
    "aws:s3/bucketPolicy:BucketPolicy": "it refuses plain HTTP, which is what the emulator speaks on the loopback",
}
