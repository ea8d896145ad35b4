"""The report of a dry run, in pages of rows in S3: written by the worker, read by the admin's pages."""

from collections.abc import Iterator
from typing import Any

import orjson

from labeler.datasets.imports import submission
from labeler.datasets.models import Import
from labeler.services import cloud

ROWS = 100  # in a page
ALL, NOTED = "all", "noted"  # all rows; those that are not taken as they stand


def page(imported: Import, kind: str, number: int) -> list[dict[str, Any]]:
    """Rows of a page, from 0. Raises `ObjectMissing`: there is none, or it has expired."""
    found: list[dict[str, Any]] = orjson.loads(cloud().posts.get(_key(imported, kind, number)).body)
    return found


def lines(imported: Import) -> Iterator[bytes]:
    """Every row that is not taken as it stands, as JSON lines."""
    for number in range(imported.survey.get(f"pages_{NOTED}", 0)):
        for row in page(imported, NOTED, number):
            yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


class Pages:
    """Stores rows, page by page."""

    def __init__(self, imported: Import, kind: str) -> None:
        self._job, self._kind = imported, kind
        self._rows: list[dict[str, Any]] = []
        self._count = 0

    def add(self, row: dict[str, Any]) -> None:
        self._rows.append(row)
        if len(self._rows) == ROWS:
            self._put()

    def close(self) -> int:
        """How many pages there are."""
        if self._rows:
            self._put()
        return self._count

    def _put(self) -> None:
        cloud().posts.put(_key(self._job, self._kind, self._count), orjson.dumps(self._rows))
        self._rows.clear()
        self._count += 1


def _key(imported: Import, kind: str, number: int) -> str:
    folder = imported.key.removeprefix(submission.PREFIX)
    return f"handoff/reports/{folder}{kind}/{number:06}.json"
