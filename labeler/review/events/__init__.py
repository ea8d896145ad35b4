"""What is done to posts, answers and phrases beside deciding: recorded in S3, made again from there."""
