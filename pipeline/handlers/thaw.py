"""SQS thaw → a change of plan is followed through the jobs of its user."""

import os
from collections.abc import Callable
from functools import lru_cache

from pipeline import batch
from pipeline.config import load
from pipeline.jobs.retention import change_plan
from pipeline.jobs.services import JobServices
from pipeline.jobs.wiring import JobFunctionSettings, job_function
from pipeline.schema import Json
from pipeline.schema.job import PLAN_CHANGED, JobMessage


def handler(event: batch.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[batch.Event], Json]:
    return job_function(os.environ, load(JobFunctionSettings, os.environ), "thaw", _change_plan)


def _change_plan(services: JobServices, value: Json) -> None:
    change_plan(services, JobMessage.read(value, PLAN_CHANGED).user)
