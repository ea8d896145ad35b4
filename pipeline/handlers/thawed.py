"""SQS thawed (events of S3) → a restored result is copied to stay."""

import os
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote_plus

from pipeline import batch
from pipeline.config import load
from pipeline.jobs.retention import thawed
from pipeline.jobs.services import JobServices
from pipeline.jobs.wiring import JobFunctionSettings, job_function
from pipeline.schema import Json


def handler(event: batch.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[batch.Event], Json]:
    return job_function(os.environ, load(JobFunctionSettings, os.environ), "thawed", _copy_restored)


def _copy_restored(services: JobServices, value: Json) -> None:
    # S3's test event, sent when the notification is set up, has no records.
    for record in value.get("Records", []):
        thawed(services, unquote_plus(record["s3"]["object"]["key"]))
