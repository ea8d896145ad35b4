"""Labelled posts as records of `pipeline.formats`, streamed at constant memory."""

from collections.abc import Callable, Iterable, Iterator
from itertools import accumulate
from typing import BinaryIO

import orjson
from django.db.models import QuerySet, TextField
from django.db.models.functions import Cast

from labeler.labeling import layers
from labeler.labeling.models import Annotation, Project, Task
from labeler.labeling.models.post import IMPORTED, unpack
from pipeline import labelset
from pipeline.formats import catalog, writing
from pipeline.formats.ranges import Ranges
from pipeline.formats.record import Mark, Record
from pipeline.schema import Json, Label

PAGE = 500  # posts in memory at a time
_POST = (
    *("url", "title", "company", "location", "date_posted", "language", "source", "external_id", "revision"),
    *("details", "ended"),
)
_COLUMNS = (
    "task", "spans", "settings_event", "labeler__labeler_id", "n", "second_opinion", "guideline_version",
    "submitted_at",
    "tokenizer", "task__post__post_id", "task__post__text", "task__post__packed_steps", "task__post__packed_words",
    "task__post__extra", "task__post__fetched_at", *(f"task__post__{name}" for name in _POST),
)  # fmt: skip

_JSON = ("spans", "tokenizer", "task__post__extra", "task__post__details")
# Their texts, since the database's own reading of JSON takes twice as long.
_AS_TEXT = {f"text_of_{name.rpartition('__')[2]}": Cast(name, TextField()) for name in _JSON}
_READ = tuple(f"text_of_{name.rpartition('__')[2]}" if name in _JSON else name for name in _COLUMNS)


class Export:
    """One export. `records`, `labels`: others than the project's of today; `flat`: a rule of `writing.FLAT`."""

    def __init__(
        self,
        project: Project,
        form: str,
        unit: str,
        progress: Callable[[int], object] = lambda _: None,
        records: Callable[[], Iterable[Record]] | None = None,
        labels: Iterable[Label] | None = None,
        flat: str = "",
    ) -> None:
        self.project, self.format, self.unit = project, catalog.named(form), unit
        self.flat = flat
        self.written = writing.Written()
        self._given = records or (lambda: answers(project))
        self._labels = project.settings.labels if labels is None else labels
        self._progress = progress
        self._posts = 0

    def write(self, out: BinaryIO) -> None:
        """To a seekable file."""
        labels = layers.columns(self._labels)
        self.written = writing.write(self.format, self._records, out, labels, self.unit, flat=self.flat)

    def summary(self) -> Json:
        """Counts of posts, answers and spans; of parts changed or lost, where the format cannot hold them."""
        return {
            "project": self.project.slug,
            "format": self.format.name,
            "posts": self._posts,
            "answers": self.written.rows,
            "spans": self.written.marks,
            **{f"spans_{outcome}": count for outcome, count in self.written.outcomes.items()},
            **({"labels_renamed": renamed} if (renamed := self.written.names.changed()) else {}),
            **({"not_in_this_format": self.format.loses} if self.format.loses else {}),
        }

    def _records(self) -> Iterator[Record]:
        self._posts, last = 0, ""
        for found in self._given():
            self._posts += found.id != last
            last = found.id
            yield found
            self._progress(1)


def count(project: Project) -> int:
    return _current(project).count()


def answers(project: Project) -> Iterator[Record]:
    """A record for each current answer with labels, a post's together."""
    names, done = layers.of_project(project.settings.labels), labelset.operations(project.settings)
    last = 0
    while True:
        tasks = Task.objects.filter(project=project, pk__gt=last).order_by("pk").values_list("pk", flat=True)
        page = list(tasks[:PAGE])
        if not page:
            return
        # A range of keys, read page by page: sorting all rows would drag their texts through a temporary file.
        rows = _current(project).filter(task__gte=page[0], task__lte=page[-1]).order_by("task", "id")
        for row in rows.annotate(**_AS_TEXT).values_list(*_READ):
            found = dict(zip(_COLUMNS, row, strict=True))
            for name in _JSON:
                found[name] = orjson.loads(found[name])
            found["spans"] = labelset.spans(found["spans"], found["settings_event"], done)
            yield _record(found, names)
        last = page[-1]


def _current(project: Project) -> "QuerySet[Annotation]":
    rows = Annotation.objects.filter(project=project, current=True, kind=Annotation.Kind.LABELS)
    return rows.exclude(task__state=Task.State.DELETED)


def _record(row: Json, names: dict[str, layers.FileLabel]) -> Record:
    extra = (row["task__post__extra"] or {}).get(IMPORTED) or {}
    return Record(
        text=row["task__post__text"],
        marks=marks(row["spans"], names),
        id=row["task__post__post_id"],
        source_tokens=Ranges.of_steps(extra["steps"]) if "steps" in extra else None,
        pieces=Ranges.of_steps(unpack(row["task__post__packed_steps"])),
        words=tuple(accumulate(unpack(row["task__post__packed_words"]))),
        by=row["labeler__labeler_id"],
        meta={
            **extra.get("meta", {}),
            **{name: row[f"task__post__{name}"] for name in _POST},
            "fetched_at": row["task__post__fetched_at"].isoformat(),
            "tokenizer": row["tokenizer"],
            "n": row["n"],
            "second_opinion": row["second_opinion"],
            "guideline_version": row["guideline_version"],
            "submitted_at": row["submitted_at"].isoformat(),
        },
    )


def marks(spans: Iterable[Json], names: dict[str, layers.FileLabel]) -> tuple[Mark, ...]:
    """Stored spans by the labels that a file has for them; a label no longer in the set keeps its name."""
    found = []
    for span in spans:
        layer, label = names.get(span["label"], ("", span["label"]))
        found.append(Mark(span["start"], span["end"], label, layer))
    return tuple(sorted(found))
