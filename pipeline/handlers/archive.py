"""SQS archive → gzip JSON Lines in the posts bucket."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

from pipeline import batch
from pipeline.adapters.aws import S3Store, SystemClock, clients
from pipeline.config import load
from pipeline.schema import Json
from pipeline.service import archive_posts


@dataclass(frozen=True)
class ArchiveSettings:
    posts_bucket: str


def handler(event: batch.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[batch.Event], Json]:
    settings, clock = load(ArchiveSettings, os.environ), SystemClock()
    posts = S3Store(clients(os.environ).s3, settings.posts_bucket)
    return lambda event: batch.run(
        event,
        lambda arrived: archive_posts(arrived, posts, clock),
        stage="archive",
        notes=posts,
        clock=clock,
    )
