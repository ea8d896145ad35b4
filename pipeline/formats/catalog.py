"""The formats by name, and what every row that is read in one goes through."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from typing import Any, BinaryIO, Protocol, cast

import orjson

from pipeline.storable import HOLDS, TooDeep, storable

from .options import Reading, Writing
from .record import CHANGED, Mark, Note, Record, Row, RowRefused, shown

_DOUBTFUL = b"\\u0000", b"null"  # as JSON writes NUL, and what may stand for NaN


class Reader(Protocol):
    def __call__(self, file: BinaryIO, how: Reading, /) -> Iterator[Row]: ...


class Writer(Protocol):
    def __call__(self, records: Iterable[Record], out: BinaryIO, how: Writing, /) -> int: ...


@dataclass(frozen=True, slots=True)
class Format:
    """`module` is loaded when it is used: some bring a library that no other needs."""

    name: str
    title: str
    suffix: str
    module: str
    read: str = "read"  # names in the module; empty where that direction has no sense
    write: str = "write"
    loses: str = ""  # what a file of this format has no place for
    blanks: bool = True  # whether readers of this format bear blanks in the names of labels

    def reader(self) -> Reader:
        read = cast(Reader, self._load(self.read, "read"))
        return lambda file, how: map(storable_row, read(file, how))

    def writer(self) -> Writer:
        return cast(Writer, self._load(self.write, "written"))

    def _load(self, name: str, done: str) -> object:
        if not name:
            raise UnknownFormat(f"{self.name!r} cannot be {done}")
        return getattr(import_module(f"pipeline.formats.{self.module}"), name)


class UnknownFormat(ValueError):
    """No format has this name; says which there are."""


_TOKENS_ONLY = "blanks between tokens; ids"
_TEXT_ONLY = "tokens; layers of labels"

FORMATS = {
    known.name: known
    for known in (
        Format("jsonl", "JSON lines, with all that is known", ".jsonl", "jsonl"),
        Format("conll", "CoNLL: a token a line, tag columns", ".conll", "conll", loses=_TOKENS_ONLY, blanks=False),
        Format("docbin", "spaCy DocBin", ".spacy", "docbin"),
        Format("parquet", "Hugging Face datasets (Parquet)", ".parquet", "parquet"),
        Format("label-studio", "Label Studio JSON", ".json", "label_studio", loses=_TEXT_ONLY),
        Format("doccano", "doccano JSON lines", ".jsonl", "doccano", loses=_TEXT_ONLY),
        Format("prodigy", "Prodigy JSON lines", ".jsonl", "prodigy"),
        Format(
            "ground-truth",
            "SageMaker Ground Truth's manifest of entities",
            ".manifest",
            "ground_truth",
            loses="tokens; who answered",
        ),
        Format(
            "csv",
            "CSV, safe to open in a spreadsheet",
            ".csv",
            "table",
            loses=f"{_TEXT_ONLY}; all that is known of a text but its id",
        ),
        Format("skillspan", "SkillSpan's JSON lines: tokens, tags a layer", ".json", "skillspan", loses=_TOKENS_ONLY),
        Format(
            "lines",
            "plain text, a text a line",
            ".txt",
            "plain",
            "read_lines",
            loses="labels; line breaks; all that is known of a text",
        ),
        Format("text", "plain text, one text a file", ".txt", "plain", "read_whole", ""),
        Format("iob", "spaCy IOB, a sentence a line", ".iob", "spacy_training", "read_iob", ""),
        Format("spacy-json", "spaCy 2 training JSON", ".json", "spacy_training", "read_json", ""),
        Format("webanno", "INCEpTION's WebAnno TSV", ".tsv", "webanno", "read", ""),
    )
}


def table() -> list[str]:
    """The formats as the lines of a table in Markdown."""
    rows = [("name", "title", "in", "out", "what it has no place for"), ("---", "---", "---", "---", "---")]
    for known in FORMATS.values():
        read, write = ("✓" if name else "" for name in (known.read, known.write))
        rows.append((f"`{known.name}`", known.title, read, write, (known.loses or "–") if write else ""))
    return [f"| {' | '.join(row)} |" for row in rows]


READ = [name for name, known in FORMATS.items() if known.read]
WRITTEN = [name for name, known in FORMATS.items() if known.write]


def named(name: str) -> Format:
    if name not in FORMATS:
        raise UnknownFormat(f"format {name!r}; allowed: {', '.join(FORMATS)}")
    return FORMATS[name]


def storable_row(row: Row) -> Row:
    """The row, with what JSON in UTF-8 or a database cannot store changed in its id, labels, `by` and `meta`, and
    noted."""
    record = row.record
    if record is None or _stands(record):
        return row
    notes = list(row.notes)

    def clean(field: str, value: Any) -> Any:
        found = storable(value)
        # Of one thing and another that are equal, as 1 and True are, JSON makes a difference.
        if repr(found) != repr(value):
            notes.append(Note(row.number, field, shown(value), f"{HOLDS}; taken as {shown(found)}", CHANGED))
        return found

    try:
        record = replace(
            record,
            id=clean("id", record.id),
            by=clean("by", record.by),
            marks=tuple(
                Mark(mark.start, mark.end, clean("label", mark.label), clean("layer", mark.layer))
                for mark in record.marks
            ),
            meta={clean("name of a field", name): clean(storable(name), value) for name, value in record.meta.items()},
        )
    except TooDeep as error:
        return Row(row.number, None, (*notes, RowRefused("row", record.meta, str(error)).note(row.number)))
    return Row(row.number, record, tuple(notes))


def _stands(record: Record) -> bool:
    names = [(mark.label, mark.layer) for mark in record.marks]
    try:
        written = orjson.dumps((record.id, record.by, names, record.meta))
    except (orjson.JSONEncodeError, RecursionError):
        return False
    return not any(sign in written for sign in _DOUBTFUL)
