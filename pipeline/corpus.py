"""Texts to train a tokenizer from: files, folders, and dataset releases; normalised, one post at a time."""

import io
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

from pipeline.formats.lines import json_rows
from pipeline.formats.record import RowRefused
from pipeline.ports import ObjectStore
from pipeline.text import normalise

TEXT_ENDINGS = (".txt", ".md")
ROW_ENDINGS = (".jsonl", ".jsonl.gz", ".json")


class CorpusRefused(ValueError):
    """There is nothing to read where texts were promised; says what was given and what is allowed."""


def files(paths: Iterable[Path]) -> list[Path]:
    """The readable files among and below `paths`, in a stable order."""
    found: list[Path] = []
    for path in paths:
        if path.is_dir():
            found += sorted(one for one in path.rglob("*") if one.is_file() and _is_readable(one.name))
        elif path.exists():
            found.append(path)
        else:
            raise CorpusRefused(f"{path}: no such file or folder")
    if not found:
        given = ", ".join(map(str, paths))
        raise CorpusRefused(f"{given}: no file ending in {', '.join(TEXT_ENDINGS + ROW_ENDINGS)}")
    return found


def texts(path: Path) -> Iterator[str | RowRefused]:
    """The texts of one file: the whole of a text file, field `text` of each row of a JSON file."""
    if path.name.endswith(TEXT_ENDINGS):
        yield normalise(path.read_text(encoding="utf-8", errors="replace"))
        return
    with path.open("rb") as file:
        yield from _rows(file, path.name)


def release_texts(store: ObjectStore, project: str, version: str) -> Iterator[str | RowRefused]:
    """The texts of a dataset release: field `text` of each row of its JSON Lines files."""
    prefix = f"releases/{project}/{version}/"
    keys = [one.key for one in store.list(prefix) if one.key.endswith((".jsonl", ".jsonl.gz"))]
    if not keys:
        raise CorpusRefused(f"release {project}/{version}: no JSON Lines file below {prefix}")
    for key in keys:
        yield from _rows(io.BytesIO(store.get(key).body), key)


def _rows(file: BinaryIO, name: str) -> Iterator[str | RowRefused]:
    for number, row in json_rows(file):
        if isinstance(row, RowRefused):
            yield row
        elif isinstance(row, dict) and isinstance(row.get("text"), str):
            yield normalise(row["text"])
        else:
            yield RowRefused(f"{name} row {number}", str(row)[:60], "an object with a string in field 'text'")


def _is_readable(name: str) -> bool:
    return name.endswith(TEXT_ENDINGS + ROW_ENDINGS)
