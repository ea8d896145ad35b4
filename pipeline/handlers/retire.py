"""SQS retire → a result of the free plan moves to the archive."""

import os
from collections.abc import Callable
from functools import lru_cache

from pipeline import batch
from pipeline.config import load
from pipeline.jobs.retention import retire
from pipeline.jobs.services import JobServices
from pipeline.jobs.wiring import JobFunctionSettings, job_function
from pipeline.schema import Json
from pipeline.schema.job import RETIRE, JobMessage


def handler(event: batch.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[batch.Event], Json]:
    return job_function(os.environ, load(JobFunctionSettings, os.environ), "retire", _retire)


def _retire(services: JobServices, value: Json) -> None:
    message = JobMessage.read(value, RETIRE)
    retire(services, message.user, message.job)
