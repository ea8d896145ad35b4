"""SQS sweep, filled by a schedule → jobs that wait for a lost message are helped on."""

import os
from collections.abc import Callable
from functools import lru_cache

from pipeline import logs
from pipeline.jobs import records
from pipeline.jobs.sweep import sweep
from pipeline.jobs.wiring import Settings as Settings
from pipeline.jobs.wiring import office
from pipeline.schema import Json


def handler(event: records.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[records.Event], Json]:
    desk = office(os.environ)

    def one(value: Json) -> object:
        swept = sweep(desk)
        logs.say(logs.line("info", "swept", desk.now(), "", counts=swept.counts, errors=swept.errors))
        return swept

    return lambda event: records.run(event, one, stage="sweep", clock=desk.clock)
