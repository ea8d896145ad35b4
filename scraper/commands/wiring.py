"""The adapters of the scraper's commands, chosen once: AWS, or the local AWS."""

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline import config
from pipeline.adapters.aws import DynamoSeen, S3Store, SqsQueue, SystemClock, clients
from scraper.crawl import Outside
from scraper.delivery import Delivery


@dataclass(frozen=True)
class ScraperSettings:
    posts_bucket: str
    seen_table: str
    ingest_queue_url: str


def outside(env: Mapping[str, str]) -> Outside:
    """Raises `ConfigError` when the stack's outputs are not all there."""
    names = config.load(ScraperSettings, env)
    aws = clients(env)
    clock = SystemClock()
    store = S3Store(aws.s3, names.posts_bucket)
    seen = DynamoSeen(aws.dynamodb, names.seen_table, clock)
    delivery = Delivery(seen, SqsQueue(aws.sqs, names.ingest_queue_url), store, clock)
    return Outside(store, delivery.fresh, delivery.deliver, env)


def dry(env: Mapping[str, str]) -> Outside:
    """Nothing is stored and nothing is sent."""
    return Outside(None, lambda post: True, Delivery.nothing, env)
