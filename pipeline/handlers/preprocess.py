"""SQS ingest → tokens and more → SNS posts."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pipeline import batch
from pipeline.adapters.aws import S3Store, SnsTopic, SystemClock, clients
from pipeline.config import load
from pipeline.projects import Projects
from pipeline.schema import Json
from pipeline.service import prepare_posts


@dataclass(frozen=True)
class PreprocessSettings:
    posts_bucket: str
    labels_bucket: str
    posts_topic_arn: str


def handler(event: batch.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[batch.Event], Json]:
    settings, aws, clock = load(PreprocessSettings, os.environ), clients(os.environ), SystemClock()
    posts = S3Store(aws.s3, settings.posts_bucket)
    projects = Projects(S3Store(aws.s3, settings.labels_bucket), posts)
    topic = SnsTopic(aws.sns, settings.posts_topic_arn)
    return lambda event: batch.run(
        event,
        lambda arrived: prepare_posts(arrived, projects, posts, topic, clock),
        stage="preprocess",
        notes=posts,
        clock=clock,
    )
