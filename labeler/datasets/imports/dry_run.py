"""What an import would take, row by row, with the reasons where not: nothing but a report is written."""

import threading
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import islice
from typing import Any, BinaryIO

from django.utils import timezone

from labeler.datasets.imports import files, report
from labeler.datasets.imports.files import Options
from labeler.datasets.imports.preparation import Origin, Prepared, Preparer
from labeler.datasets.imports.report import ALL, NOTED, Pages
from labeler.datasets.models import Import
from labeler.labeling import layers, projects, starter
from labeler.services import cloud
from pipeline import tokenizers
from pipeline.formats.record import CHANGED, LOST, REFUSED, TAKEN
from pipeline.projects import Project as Pinned
from pipeline.projects import Projects
from pipeline.schema import ProjectSettings, timestamp
from pipeline.steps import preparation
from pipeline.suggestions import suggester

EXCERPT = 120  # characters of a text


def check(imported: Import, file: BinaryIO, stopping: threading.Event | None = None) -> bool:
    """False when it was told to stop before the end; it then begins anew."""
    options = Options.from_json(imported.options)
    pages, counts = {ALL: Pages(imported, ALL), NOTED: Pages(imported, NOTED)}, Counter[str]()
    rows = survey(imported.project.slug, file, imported.form, imported.sha256, options)
    while batch := list(islice(rows, report.ROWS)):
        for one in batch:
            shown = _shown(one)
            counts["rows"] += 1
            counts[shown["outcome"]] += 1
            counts["spans"] += shown["spans"]
            pages[ALL].add(shown)
            if shown["notes"]:
                pages[NOTED].add(shown)
        _save(imported, survey=dict(counts))
        if stopping and stopping.is_set():
            return False
    found: dict[str, Any] = {**counts, **{f"pages_{name}": one.close() for name, one in pages.items()}}
    if options.create:
        wanted = layers.named(files.labels(file, imported.form, options))
        found["new_labels"] = [one.name for one in layers.lacking(imported.project.settings.labels, wanted)]
    _save(imported, survey=found, state=Import.State.CHECKED)
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


def _save(imported: Import, **fields: Any) -> None:
    imported.beat_at = timezone.now()
    for name, value in fields.items():
        setattr(imported, name, value)
    imported.save(update_fields=[*fields, "beat_at"])


Progress = Callable[[int], object]


def survey(
    slug: str, file: BinaryIO, form: str, sha256: str, options: Options, progress: Progress = lambda _: None
) -> Iterator[Prepared]:
    """The project need not exist."""
    origin = Origin(slug, sha256, form, options.source, options.language, timestamp(timezone.now()))
    project = projects.find(slug)
    settings = project.settings if project else starter.settings(slug, slug, "system", origin.at)
    if options.create:
        wanted = layers.named(files.labels(file, form, options))
        have = settings.labels if project or not wanted else ()
        settings = projects.changed(settings, {"labels": (*have, *layers.lacking(have, wanted))})
    preparer = Preparer(Projects(cloud().labels, cloud().posts), origin, Now(), _pinned(settings))
    for one in preparer.all(files.rows(file, form, options)):
        progress(1)
        yield one


def _pinned(settings: ProjectSettings) -> Pinned:
    shipped = settings.tokenizer == starter.tokenizer()
    tokenizer = tokenizers.default() if shipped else tokenizers.fetch(cloud().posts, settings.tokenizer)
    return Pinned(settings, tokenizer, suggester(settings), preparation(settings.tokenizer, settings.gates))


class Now:
    """The clock of the application."""

    def now(self) -> datetime:
        return timezone.now()
