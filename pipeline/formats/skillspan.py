"""JSON lines of `tokens` with a `tags_<layer>` list for each layer, as SkillSpan is published; bare B, I and O tags."""

from collections.abc import Iterable, Iterator
from typing import Any, BinaryIO

import orjson

from . import tags
from .lines import json_rows
from .options import Reading, Writing
from .record import Record, Row, RowRefused
from .sentences import Sentences
from .units import ranges

_PREFIX = "tags_"
_NAMELESS = "tags_label"  # the column of a layer that has no name


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A bare tag's label is its layer. `idx` and other fields go to `meta`: `idx` repeats, so it is no id."""
    for number, value in json_rows(file):
        try:
            if isinstance(value, RowRefused):
                raise value
            tokens, layers, meta = _parts(value)
        except RowRefused as error:
            yield Row(number, None, (error.note(number),))
            continue
        yield Sentences.of(list(layers)).row(number, tokens, list(layers.values()), meta=meta)


def _parts(value: object) -> tuple[list[str], dict[str, list[str]], dict[str, Any]]:
    if not isinstance(value, dict):
        raise RowRefused("row", value, "a JSON object")
    tokens = value.get("tokens")
    if not isinstance(tokens, list) or not tokens or not all(isinstance(token, str) for token in tokens):
        raise RowRefused("tokens", tokens, "a list of texts")
    layers = {}
    for name, column in value.items():
        if not name.startswith(_PREFIX):
            continue
        if not isinstance(column, list) or not all(isinstance(tag, str) for tag in column):
            raise RowRefused(name, column, "a list of tags")
        if len(column) != len(tokens):
            raise RowRefused(name, f"{len(column)} tags", f"{len(tokens)}, one a token")
        layers["" if name == _NAMELESS else name.removeprefix(_PREFIX)] = column
    meta = {name: held for name, held in value.items() if name != "tokens" and not name.startswith(_PREFIX)}
    return tokens, layers, meta


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """A tag is bare where its label is its layer's name, else it carries the label. Raises `tags.TooNarrow`."""
    count = 0
    for count, record in enumerate(records, 1):
        units = ranges(record, how.unit)
        tagged, notes = tags.tag(record.marks, units, how.columns, count)
        for note in notes:
            how.note(note)
        value = {**record.meta, "tokens": [record.text[start:end] for start, end in units]}
        for column, held in zip(how.columns, tagged, strict=True):
            value[_column_name(column)] = [tag[0] if tag[2:] == column.layer else tag for tag in held]
        out.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
    return count


def _column_name(column: tags.Column) -> str:
    return _PREFIX + column.name if column.layer else column.name.replace("tags", _NAMELESS, 1)
