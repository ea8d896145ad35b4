"""A record of a file into the post it becomes. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from labeler.datasets.imports.options import MOST_SOURCE
from labeler.labeling.models.post import IMPORTED
from pipeline.formats.record import Record, RowRefused
from pipeline.schema import Json, PostScraped, post_id
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
