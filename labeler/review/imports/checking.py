"""The dry run of a file that was handed in: what would become of each row, as pages of a report in S3."""

import threading
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO

import orjson
from django.utils import timezone

from labeler.cloud import cloud
from labeler.labeling import layers
from labeler.review.imports import files, handing
from labeler.review.imports.options import Options
from labeler.review.imports.preparing import Prepared
from labeler.review.imports.survey import survey
from labeler.review.models import Import
from pipeline.formats.record import CHANGED, LOST, REFUSED, TAKEN

ROWS = 100  # in a page
EXCERPT = 120  # characters of a text
ALL, NOTED = "all", "noted"  # all rows; those that are not taken as they stand


def check(job: Import, file: BinaryIO, stopping: threading.Event | None = None) -> bool:
    """False when it was told to stop before the end; it then begins anew."""
    options = Options.from_json(job.options)
    pages, counts = {ALL: _Pages(job, ALL), NOTED: _Pages(job, NOTED)}, Counter[str]()
    rows = survey(job.project.slug, file, job.form, job.sha256, options)
    while batch := list(islice(rows, ROWS)):
        for one in batch:
            shown = _shown(one)
            counts["rows"] += 1
            counts[shown["outcome"]] += 1
            counts["spans"] += shown["spans"]
            pages[ALL].add(shown)
            if shown["notes"]:
                pages[NOTED].add(shown)
        _save(job, survey=dict(counts))
        if stopping and stopping.is_set():
            return False
    found: dict[str, Any] = {**counts, **{f"pages_{name}": one.close() for name, one in pages.items()}}
    if options.create:
        wanted = layers.named(files.labels(file, job.form, options))
        found["new_labels"] = [one.name for one in layers.lacking(job.project.settings.labels, wanted)]
    _save(job, survey=found, state=Import.State.CHECKED)
    return True


def page(job: Import, kind: str, number: int) -> list[dict[str, Any]]:
    """Rows of a page, from 0. Raises `ObjectMissing`: there is none, or it has expired."""
    found: list[dict[str, Any]] = orjson.loads(cloud().posts.get(_key(job, kind, number)).body)
    return found


def lines(job: Import) -> Iterator[bytes]:
    """Every row that is not taken as it stands, as JSON lines."""
    for number in range(job.survey.get(f"pages_{NOTED}", 0)):
        for row in page(job, NOTED, number):
            yield orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)


class _Pages:
    def __init__(self, job: Import, kind: str) -> None:
        self._job, self._kind = job, kind
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


def _shown(one: Prepared) -> dict[str, Any]:
    post = one.ready.post if one.ready else None
    outcomes = {note.outcome for note in one.notes}
    whole = next((name for name in (LOST, CHANGED) if name in outcomes), TAKEN)
    answer = post.extra["imported"].get("answer") if post else None
    return {
        "row": one.row,
        "outcome": whole if post else REFUSED,
        "id": post.external_id if post else "",
        "text": post.text[:EXCERPT] if post else "",
        "spans": len(answer["spans"]) if answer else 0,
        "notes": [note.to_json() for note in one.notes],
    }


def _key(job: Import, kind: str, number: int) -> str:
    folder = job.key.removeprefix(handing.PREFIX)
    return f"handoff/reports/{folder}{kind}/{number:06}.json"


def _save(job: Import, **fields: Any) -> None:
    job.beat_at = timezone.now()
    for name, value in fields.items():
        setattr(job, name, value)
    job.save(update_fields=[*fields, "beat_at"])
