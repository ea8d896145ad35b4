"""SQS sweep, filled by a schedule → jobs that wait for a lost message are helped on."""

import os
from collections.abc import Callable
from functools import lru_cache

from pipeline import batch, logs
from pipeline.config import load
from pipeline.jobs.services import JobServices
from pipeline.jobs.sweep import sweep
from pipeline.jobs.wiring import JobFunctionSettings, job_function
from pipeline.schema import Json


def handler(event: batch.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[batch.Event], Json]:
    return job_function(os.environ, load(JobFunctionSettings, os.environ), "sweep", _sweep)


def _sweep(services: JobServices, value: Json) -> None:
    swept = sweep(services)
    logs.say(logs.line("info", "swept", services.now(), "", counts=swept.counts, errors=swept.errors))
