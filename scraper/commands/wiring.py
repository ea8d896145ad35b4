"""The adapters of the scraper's commands, chosen once: AWS, or the local AWS."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline import config
from pipeline.adapters.aws import DynamoSeen, S3Store, SqsQueue, SystemClock, clients
from scraper.crawl import Outside
from scraper.files import OpenBucket
from scraper.outbox import Sink


@dataclass(frozen=True)
class ScraperSettings:
    posts_bucket: str
    seen_table: str
    ingest_queue_url: str


def outside(env: Mapping[str, str]) -> Outside:
    """Raises `ConfigError` when the stack's outputs are not all there."""
    names = config.load(ScraperSettings, env)
    aws = clients(env)
    store = S3Store(aws.s3, names.posts_bucket)
    seen = DynamoSeen(aws.dynamodb, names.seen_table, SystemClock())
    return Outside(Sink(store, seen, SqsQueue(aws.sqs, names.ingest_queue_url)), env)


def bucket_opener(env: Mapping[str, str]) -> OpenBucket:
    """Any bucket that whoever runs this may read."""
    return lambda name: S3Store(clients(env).s3, name)


def dry(env: Mapping[str, str]) -> Outside:
    """Nothing is stored and nothing is sent."""
    return Outside(None, env)
