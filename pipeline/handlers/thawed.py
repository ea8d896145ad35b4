"""SQS thawed (events of S3) → a restored result is copied to stay."""

import os
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote_plus

from pipeline.jobs import records
from pipeline.jobs.retention import thawed
from pipeline.jobs.wiring import Settings as Settings
from pipeline.jobs.wiring import office
from pipeline.schema import Json


def handler(event: records.Event, context: object) -> Json:
    return _wired()(event)


@lru_cache(maxsize=1)
def _wired() -> Callable[[records.Event], Json]:
    desk = office(os.environ)

    def one(value: Json) -> object:
        # S3's test event, sent when the notification is set up, has no records.
        return [thawed(desk, unquote_plus(each["s3"]["object"]["key"])) for each in value.get("Records", [])]

    return lambda event: records.run(event, one, stage="thawed", clock=desk.clock)
