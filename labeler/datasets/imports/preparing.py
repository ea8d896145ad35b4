"""Rows of a file into prepared posts, as the pipeline prepares scraped ones."""

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass

from labeler.datasets.imports import rows
from labeler.datasets.imports.rows import Origin, Span
from labeler.datasets.imports.seen import Seen
from labeler.labeling.labels import layers
from pipeline.carry import OFF, carried
from pipeline.formats.record import CHANGED, LOST, Note, Record, Row, RowRefused, shown
from pipeline.ports import Clock
from pipeline.projects import Project, Projects
from pipeline.schema import PostReady, PostRefused
from pipeline.schema import Span as TokenSpan
from pipeline.service import prepare_post


@dataclass(frozen=True, slots=True)
class Prepared:
    """A row as it would be taken: with its post, or None and why not."""

    row: int
    ready: PostReady | None
    notes: tuple[Note, ...]


class Preparer:
    """Prepares the rows of one file for one project; the settings are read once, not for every row."""

    def __init__(self, projects: Projects, origin: Origin, clock: Clock, project: Project | None = None) -> None:
        """`project`: of a project that is not there yet, in a dry run."""
        self._project = project or projects.get(origin.project)
        self._projects = _Kept(projects, self._project)
        self.settings = self._project.settings
        self._names = [one.name for one in self.settings.labels]
        self._matches: dict[layers.FileLabel, str | None] = {}
        self._origin, self._clock = origin, clock

    def all(self, source: Iterable[Row]) -> Iterator[Prepared]:
        with Seen() as seen:
            for row in source:
                yield self._one(row, seen)

    def _one(self, row: Row, seen: Seen) -> Prepared:
        notes = list(row.notes)
        if row.record is None:
            return Prepared(row.number, None, row.notes)
        try:
            spans = list(self._spans(row.number, row.record, notes))
            scraped = rows.post(row.record, row.number, self._origin, spans)
            before = seen.earlier(scraped.post_id, row.record.by, scraped.revision, row.number)
            if before is not None:
                allowed = f"each id once; row {before} has it"
                raise RowRefused("id", scraped.external_id, allowed)
            made = prepare_post(scraped, self._projects, self._clock)
            if isinstance(made, PostRefused):
                raise RowRefused(made.reason, shown(made.detail), "a text that passes the project's gates")
        except RowRefused as error:
            return Prepared(row.number, None, (*notes, error.note(row.number)))
        for span in _off_edges(made, spans):
            given = shown([*span])
            notes.append(Note(row.number, "span", given, "edges of the project's tokens; kept by its offsets", CHANGED))
        return Prepared(row.number, made, tuple(notes))

    def _spans(self, row: int, record: Record, notes: list[Note]) -> Iterator[Span]:
        taken = set()
        for mark in record.marks:
            pair = mark.layer, mark.label
            if pair not in self._matches:
                self._matches[pair] = layers.matching(pair, self._names)
            name = self._matches[pair]
            span = mark.start, mark.end, name or ""
            if name is None:
                allowed = f"a label of the project: {', '.join(self._names)}; --create adds those of {layers.NAMES}"
                notes.append(Note(row, "label", shown(mark.label), allowed, LOST))
            elif span in taken:
                notes.append(Note(row, "span", shown([*span]), "each span once", LOST))
            else:
                taken.add(span)
                if not name.endswith(mark.label):
                    notes.append(Note(row, "label", shown(mark.label), f"{layers.NAMES}, as {shown(name)}", CHANGED))
                yield mark.start, mark.end, name


def _off_edges(ready: PostReady, spans: list[Span]) -> list[Span]:
    given = [TokenSpan(*span, OFF, OFF) for span in spans]
    kept = carried(given, ready.tokens.ranges()) if given else []
    return [span for span, found in zip(spans, kept, strict=True) if found.first == OFF]


class _Kept(Projects):
    """Answers with one project without asking S3 each time."""

    def __init__(self, others: Projects, project: Project) -> None:
        self._others, self._kept = others, project
        self._lines: dict[str, Set[str]] = {}

    def get(self, name: str) -> Project:
        return self._kept

    def boilerplate(self, project: Project, source: str) -> Set[str]:
        if source not in self._lines:
            self._lines[source] = self._others.boilerplate(project, source)
        return self._lines[source]
