"""Rows of an input file: txt (a row a line), csv (a column `text`), jsonl (a field `text`), and gz of these."""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from pipeline.annotator.text_file import MAX_LINE_BYTES, decoded, lines
from pipeline.text import normalise

from .plugin import BadInput, Limits

FORMATS: tuple[str, ...] = ("txt", "csv", "jsonl")


@dataclass(frozen=True, slots=True)
class Row:
    """One row, its text normalised. `refused` says why it is not annotated, and is empty otherwise."""

    number: int  # from 1
    id: str
    text: str
    fields: Mapping[str, Any] = field(default_factory=dict)  # what else the row holds
    refused: str = ""


def format_of(name: str) -> str:
    """The format that a file name promises. Raises `BadInput` for any other."""
    parts = name.lower().rsplit("/", 1)[-1].split(".")
    if parts[-1] == "gz" and len(parts) > 2:
        parts.pop()
    if len(parts) > 1 and parts[-1] in FORMATS:
        return parts[-1]
    raise BadInput(f"file name {name[:80]!r}: ends in none of .txt, .csv, .jsonl, or one of these and .gz")


def rows(path: Path, limits: Limits) -> Iterator[Row]:
    """Every row in order; memory is one row. Raises `BadInput` where the file as a whole cannot be read."""
    reader = {"txt": _txt, "csv": _csv, "jsonl": _jsonl}[format_of(path.name)]
    number = 0
    for number, (given_id, text, fields) in enumerate(reader(path, limits), start=1):
        if number > limits.max_rows:
            raise BadInput(f"more than {limits.max_rows:,} rows; split the file")
        yield _row(number, given_id, text, fields, limits)
    if number == 0:
        raise BadInput("the file holds no rows")


def _row(number: int, given_id: object, text: object, fields: Mapping[str, Any], limits: Limits) -> Row:
    name = str(given_id) if isinstance(given_id, str | int) and given_id != "" else str(number)
    if not isinstance(text, str):
        given = "nothing" if text is None else f"{type(text).__name__} {text!r:.40}"
        return Row(number, name, "", fields, f"text: given {given}, allowed: a string")
    if len(text) > limits.max_row_chars:
        return Row(number, name, "", fields, f"text: longer than {limits.max_row_chars:,} characters")
    text = normalise(text)
    if not text.strip():
        return Row(number, name, text, fields, "text: empty")
    return Row(number, name, text, fields)


_Raw = tuple[object, object, Mapping[str, Any]]


def _txt(path: Path, limits: Limits) -> Iterator[_Raw]:
    for number, line in lines(path):
        yield "", decoded(number, line), {}


def _jsonl(path: Path, limits: Limits) -> Iterator[_Raw]:
    for number, line in lines(path):
        if not line.strip():
            continue
        try:
            value = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            decoded(number, line)  # says more where the bytes are not UTF-8
            raise BadInput(f"line {number}: no JSON ({error})") from error
        if not isinstance(value, dict):
            raise BadInput(f"line {number}: given {str(value)[:40]!r}, allowed: an object with a field text")
        if number == 1 and "text" not in value:
            raise BadInput(f"no field is called text. The first row has {_some(list(value))}")
        yield value.pop("id", ""), value.pop("text", None), value


def _csv(path: Path, limits: Limits) -> Iterator[_Raw]:
    csv.field_size_limit(MAX_LINE_BYTES)
    # The reader wants the line ends: a quoted field may hold some.
    reader = csv.reader((decoded(number, line) + "\n" for number, line in lines(path)), strict=True)
    try:
        header = [name.strip() for name in next(reader, [])]
        if len(header) > limits.max_columns:
            raise BadInput(f"{len(header):,} columns, allowed: {limits.max_columns}")
        if "text" not in header:
            raise BadInput(f"no column is called text. The file has {_some(header)}. Rename one of them to text")
        for values in reader:
            if not values:
                continue
            if len(values) > len(header):
                raise BadInput(
                    f"line {reader.line_num}: {len(values)} values for {len(header)} columns; quote values that hold "
                    f"commas or line ends"
                )
            row: dict[str, Any] = dict(zip(header, values, strict=False))
            yield row.pop("id", ""), row.pop("text", None), row
    except csv.Error as error:
        raise BadInput(f"line {reader.line_num}: no CSV ({error})") from error


def _some(names: list[str]) -> str:
    shown = ", ".join(name[:40] for name in names[:8]) or "none"
    return f"{shown} and {len(names) - 8:,} more" if len(names) > 8 else shown
