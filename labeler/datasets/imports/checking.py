"""The dry run of a file that was handed in: what would become of each row."""

import threading
from collections import Counter
from itertools import islice
from typing import Any, BinaryIO

from django.utils import timezone

from labeler.datasets.imports import files, report
from labeler.datasets.imports.options import Options
from labeler.datasets.imports.preparing import Prepared
from labeler.datasets.imports.report import ALL, NOTED, Pages
from labeler.datasets.imports.survey import survey
from labeler.datasets.models import Import
from labeler.labeling.labels import layers
from pipeline.formats.record import CHANGED, LOST, REFUSED, TAKEN

EXCERPT = 120  # characters of a text


def check(job: Import, file: BinaryIO, stopping: threading.Event | None = None) -> bool:
    """False when it was told to stop before the end; it then begins anew."""
    options = Options.from_json(job.options)
    pages, counts = {ALL: Pages(job, ALL), NOTED: Pages(job, NOTED)}, Counter[str]()
    rows = survey(job.project.slug, file, job.form, job.sha256, options)
    while batch := list(islice(rows, report.ROWS)):
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


def _save(job: Import, **fields: Any) -> None:
    job.beat_at = timezone.now()
    for name, value in fields.items():
        setattr(job, name, value)
    job.save(update_fields=[*fields, "beat_at"])
