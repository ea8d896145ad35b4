"""SQS thaw → a change of plan is followed through the jobs of its user."""

import os
from collections.abc import Callable
from functools import lru_cache

from pipeline.jobs import records
from pipeline.jobs.job import PLAN_CHANGED, Told
from pipeline.jobs.retention import change_plan
from pipeline.jobs.wiring import Settings as Settings
from pipeline.jobs.wiring import office
from pipeline.schema import Json


def handler(event: records.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[records.Event], Json]:
    desk = office(os.environ)

    def one(value: Json) -> object:
        return change_plan(desk, Told.from_json(value, PLAN_CHANGED).user)

    return lambda event: records.run(event, one, stage="thaw", clock=desk.clock)
