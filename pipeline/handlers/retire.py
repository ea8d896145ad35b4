"""SQS retire → a result of the free plan moves to the archive."""

import os
from collections.abc import Callable
from functools import lru_cache

from pipeline.jobs import records
from pipeline.jobs.job import RETIRE, Told
from pipeline.jobs.retention import retire
from pipeline.jobs.wiring import Settings as Settings
from pipeline.jobs.wiring import office
from pipeline.schema import Json


def handler(event: records.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[records.Event], Json]:
    desk = office(os.environ)

    def one(value: Json) -> object:
        told = Told.from_json(value, RETIRE)
        return retire(desk, told.user, told.job)

    return lambda event: records.run(event, one, stage="retire", clock=desk.clock)
