"""Rows of a file into prepared posts, as the pipeline prepares scraped ones."""

import sqlite3
from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from types import TracebackType
from typing import Any

from labeler.datasets.imports.files import MOST_SOURCE
from labeler.labeling import layers
from labeler.labeling.models.post import IMPORTED
from pipeline.carry import OFF, carried
from pipeline.formats.record import CHANGED, LOST, Note, Record, Row, RowRefused, shown
from pipeline.ports import Clock
from pipeline.projects import Project, Projects
from pipeline.schema import Json, PostReady, PostRefused, PostScraped, post_id
from pipeline.schema import Span as TokenSpan
from pipeline.service import prepare_post
from pipeline.text import normalise, revision

SOURCE = "import"  # of rows that have no id: the file's hash and the row are their name, whatever the file is called
MOST_ID, MOST_LANGUAGE, MOST_DATE = 500, 20, 40  # columns of the inbox
_SHOWN = ("url", "title", "company", "location", "date_posted")
Span = tuple[int, int, str]  # start, end, label of the project


@dataclass(frozen=True, slots=True)
class Origin:
    """Where rows come from. `source`: of rows with an id of their own; `at`: when the import began (RFC 3339)."""

    project: str
    sha256: str
    form: str
    source: str
    language: str
    at: str


class Seen:
    def __init__(self) -> None:
        self._rows = sqlite3.connect("")
        self._rows.execute("create table seen (post_id, by, revision, row, primary key (post_id, by)) without rowid")

    def __enter__(self) -> "Seen":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._rows.close()

    def earlier(self, post_id: str, by: str, revision: str, row: int) -> int | None:
        """The earlier row of this post that this one repeats or contradicts: by the same person, or another text."""
        found = self._rows.execute("select by, revision, row from seen where post_id = ?", (post_id,)).fetchall()
        for other_by, other_revision, other_row in found:
            if other_by == by or other_revision != revision:
                return int(other_row)
        self._rows.execute("insert into seen values (?, ?, ?, ?)", (post_id, by, revision, row))
        return None


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
        self._projects = _KnownProject(projects, self._project)
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
            scraped = post(row.record, row.number, self._origin, spans)
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


class _KnownProject(Projects):
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


def post(record: Record, row: int, origin: Origin, spans: Iterable[Span]) -> PostScraped:
    """Raises `RowRefused`. A row of an export of ours keeps the source and id it had."""
    rest = dict(record.meta)
    source, external_id = _name(record, row, origin, rest)
    language = _text(rest, "language") or _text(rest, "lang") or origin.language
    for field, value, most in (
        ("source", source, MOST_SOURCE),
        ("id", external_id, MOST_ID),
        ("language", language, MOST_LANGUAGE),
    ):
        if len(value) > most or not value.strip():
            raise RowRefused(field, value, f"1 to {most} characters")
    shown: dict[str, Any] = {name: _text(rest, name) for name in _SHOWN}
    if len(shown["date_posted"]) > MOST_DATE:
        raise RowRefused("date_posted", shown["date_posted"], f"at most {MOST_DATE} characters")
    imported: Json = {"file": origin.sha256, "row": row, "format": origin.form, "meta": rest}
    if record.source_tokens is not None:
        imported["steps"] = steps(record.source_tokens)
    if record.labelled:
        imported["answer"] = {"by": record.by, "spans": [list(span) for span in spans]}
    return PostScraped(
        project=origin.project,
        source=source,
        external_id=external_id,
        post_id=post_id(source, external_id),
        revision=revision(record.text),
        language=language,
        text=record.text,
        fetched_at=origin.at,
        trace_id=f"import-{origin.sha256[:12]}-{row}",
        extra={IMPORTED: imported},
        **shown,
    )


def _name(record: Record, row: int, origin: Origin, rest: dict[str, Any]) -> tuple[str, str]:
    if rest.get("source") and rest.get("external_id") and isinstance(rest["source"], str):
        return _text(rest, "source"), normalise(str(rest.pop("external_id")))
    if record.id:
        return origin.source, normalise(record.id)
    return SOURCE, f"{origin.sha256[:32]}:{row}"


def _text(rest: dict[str, Any], name: str) -> str:
    """A field of the file as text, taken out; what is no text stays."""
    value = rest.get(name)
    if not isinstance(value, str):
        return ""
    del rest[name]
    return normalise(value)


def steps(ranges: Iterable[tuple[int, int]]) -> list[int]:
    found, at = [], 0
    for start, end in ranges:
        found += [start - at, end - start]
        at = end
    return found
