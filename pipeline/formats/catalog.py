"""The formats by name."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import BinaryIO, Protocol, cast

from .options import Reading, Writing
from .record import Record, Row
from .storing import storable_row


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
    one.name: one
    for one in (
        Format("jsonl", "JSON lines, with all that is known", ".jsonl", "jsonl"),
        Format("conll", "CoNLL: a token a line, tag columns", ".conll", "conll", loses=_TOKENS_ONLY),
        Format("docbin", "spaCy DocBin", ".spacy", "docbin"),
        Format("parquet", "Hugging Face datasets (Parquet)", ".parquet", "parquet"),
        Format("label-studio", "Label Studio JSON", ".json", "label_studio", loses=_TEXT_ONLY),
        Format("doccano", "doccano JSON lines", ".jsonl", "doccano", loses=_TEXT_ONLY),
        Format("prodigy", "Prodigy JSON lines", ".jsonl", "prodigy"),
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
        Format("webanno", "INCEpTION's WebAnno TSV", ".tsv", "conll", "read_webanno", ""),
    )
}
READ = [name for name, one in FORMATS.items() if one.read]
WRITTEN = [name for name, one in FORMATS.items() if one.write]


def named(name: str) -> Format:
    if name not in FORMATS:
        raise UnknownFormat(f"format {name!r}; allowed: {', '.join(FORMATS)}")
    return FORMATS[name]
