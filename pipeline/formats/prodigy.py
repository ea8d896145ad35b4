"""Prodigy's JSON lines: `text`, `tokens` with offsets, `spans` with offsets and the tokens they begin and end on."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, BinaryIO

import orjson

from .objects import Parts, read_objects, take_id, take_list
from .options import Reading, Writing
from .ranges import Ranges
from .record import CHANGED, Mark, Note, Record, Row, shown
from .units import Words, ranges

_SPAN_VIEWS = ("ner", "spans", "relations")  # `_view_id` of tasks in which one marks spans


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """The file's tokens are kept as its own. Spans of a task that was not accepted are not taken, and named."""
    return read_objects(file, how, ("text",), _finish)


def _finish(parts: Parts, how: Reading) -> Iterable[Record]:
    rest = parts.rest
    spans = take_list(parts, "spans")
    tokens = take_list(parts, "tokens")
    given = rest.pop("answer", None)
    answer = "accept" if given is None else given
    if answer == "accept":
        parts.spans("span", spans or [])
    elif spans:
        parts.lost("spans", spans, f"spans of an accepted task; this one's answer is {answer!r}")
    if relations := take_list(parts, "relations"):
        parts.lost("relations", relations, "labels alone")
    labelled = answer == "accept" and spans is not None
    if spans is None and given == "accept":
        labelled = str(rest.get("_view_id", "")).startswith(_SPAN_VIEWS)
        taken = "an answer without labels" if labelled else "a text without an answer, as `_view_id` names no such task"
        allowed = f"a list, empty where nothing is there; taken as {taken}"
        parts.notes.append(Note(parts.row, "spans", "none, and accepted", allowed, CHANGED))
    # spaCy's tokens of blanks are none of ours.
    words = [one for one in tokens or () if not (isinstance(one, Mapping) and str(one.get("text", "x")).isspace())]
    source = None if tokens is None else parts.ranges("tokens", words)
    own = take_id(parts, how, "id")
    if not own and type(rest.get("_input_hash")) is int:
        own = str(rest["_input_hash"])  # one for a text, whoever answers; it stays in the file's own fields too
    people = [rest.pop(name, None) for name in ("_annotator_id", "_session_id")]
    by = next((one for one in people if isinstance(one, str) and one), "")
    yield parts.record(own, labelled=labelled, source_tokens=source, by=by)


def write(records: Iterable[Record], out: BinaryIO, how: Writing) -> int:
    """Tokens as spaCy has them, blanks beyond one included, so that they make up the text again."""
    count = 0
    for count, record in enumerate(records, 1):
        units = Ranges.of(unit for unit in ranges(record, how.unit) if unit[0] < unit[1])
        words = Words.of(record.text, units)
        value: dict[str, Any] = {**record.meta, "text": record.text}
        if record.id:
            value["id"] = record.id
        value["tokens"] = list(_tokens(words))
        if record.by:
            value["_annotator_id"] = record.by
        if record.labelled:
            value["spans"] = [_span(mark, units, words.places, count, how) for mark in record.marks]
            value["answer"] = "accept"
        out.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
    return count


def _tokens(words: Words) -> Iterator[dict[str, Any]]:
    start = 0
    for at, (word, space) in enumerate(zip(words.words, words.spaces, strict=True)):
        end = start + len(word)
        yield {"text": word, "start": start, "end": end, "id": at, "ws": space == 1}
        start = end + space


def _span(mark: Mark, units: Ranges, places: list[int], row: int, how: Writing) -> dict[str, Any]:
    """`token_end` is the last token itself. Left out, and said so, where the span is off the edges of tokens."""
    first, last = units.touched(mark.start, mark.end)
    value: dict[str, Any] = {"start": mark.start, "end": mark.end, "label": mark.label}
    if mark.layer:
        value["layer"] = mark.layer
    if first < last and (units[first][0], units[last - 1][1]) == (mark.start, mark.end):
        value |= {"token_start": places[first], "token_end": places[last - 1]}
    else:
        given = shown([mark.start, mark.end, mark.label])
        how.note(Note(row, "span", given, "edges of tokens; kept by its offsets alone", CHANGED))
    return value
