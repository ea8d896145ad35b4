"""Labelled posts as records of `pipeline.formats`, streamed at constant memory."""

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

from django.db.models import QuerySet

from labeler.labeling.models import Annotation, Project
from pipeline.formats import catalog, tags, units
from pipeline.formats.options import Writing
from pipeline.formats.record import Mark, Note, Record

CHUNK = 200  # rows in memory at a time


# Formats with tags in columns: overlapping spans need columns beside each other, known before the first row.
IN_COLUMNS = ("conll", "parquet", "skillspan")


class Export:
    """One export; the counts are of what was written."""

    def __init__(
        self, project: Project, form: str, unit: str, progress: Callable[[int], object] = lambda _: None
    ) -> None:
        self.project, self.format, self.unit = project, catalog.named(form), unit
        self.columns = tags.columns(())
        self.notes = Counter[str]()
        self._progress = progress
        self._posts, self._spans, self._count, self._last = 0, 0, 0, 0

    def write(self, out: BinaryIO) -> None:
        if self.format.name in IN_COLUMNS:
            self._widen()
        labels = tuple(one.name for one in self.project.settings.labels)
        how = Writing(self.columns, {"": labels}, self.unit, self._noted)
        self._count = self.format.writer()(self._records(), out, how)

    def summary(self) -> dict[str, Any]:
        """Counts of posts, answers and spans; of spans changed or lost, where the format cannot hold them."""
        return {
            "project": self.project.slug,
            "format": self.format.name,
            "posts": self._posts,
            "answers": self._count,
            "spans": self._spans,
            **self.notes,
        }

    def _widen(self) -> None:
        for row in answers(self.project).iterator(CHUNK):
            found = record(row)
            try:
                tags.tag(found.marks, units.ranges(found, self.unit), self.columns, 0)
            except tags.TooNarrow as narrow:
                self.columns = narrow.columns

    def _records(self) -> Iterator[Record]:
        for row in answers(self.project).iterator(CHUNK):
            self._posts += row.task_id != self._last
            self._last = row.task_id
            self._spans += len(row.spans)
            yield record(row)
            self._progress(1)

    def _noted(self, note: Note) -> None:
        self.notes[f"spans_{note.outcome}"] += 1


def answers(project: Project) -> QuerySet[Annotation]:
    """Current answers with labels, a post's together."""
    return (
        Annotation.objects.filter(project=project, current=True, kind=Annotation.Kind.LABELS)
        .select_related("task__post", "labeler")
        .order_by("task", "id")
    )


def record(row: Annotation) -> Record:
    post = row.task.post
    return Record(
        text=post.text,
        marks=tuple(Mark(one["start"], one["end"], one["label"]) for one in row.spans),
        id=post.post_id,
        pieces=tuple(post.ranges()),
        words=post.words,
        by=row.labeler.labeler_id,
        meta={
            "url": post.url,
            "title": post.title,
            "company": post.company,
            "location": post.location,
            "date_posted": post.date_posted,
            "language": post.language,
            "source": post.source,
            "external_id": post.external_id,
            "revision": post.revision,
            "fetched_at": post.fetched_at.isoformat(),
            "tokenizer": row.tokenizer,
            "n": row.n,
            "second_opinion": row.second_opinion,
            "guideline_version": row.guideline_version,
            "submitted_at": row.submitted_at.isoformat(),
        },
    )
