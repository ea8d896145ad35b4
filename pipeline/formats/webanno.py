"""WebAnno TSV, as WebAnno and INCEpTION export it, read only: version 3 with offsets, version 2 with tags."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from .dialect import Survey
from .lines import lines
from .objects import Parts
from .offsets import UTF16, Ruler, text_of
from .options import Reading
from .record import LOST, Note, Row, RowRefused, shown
from .sentences import Sentences

_ESCAPE = re.compile(r"\\(.)", re.S)
_BREAKS = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}
_BAR = re.compile(r"(?<!\\)\|")
_NUMBERED = re.compile(r"(.*?)(?:\[(\d+)\])?\Z", re.S)
_PLACE = re.compile(r"\d+-\d+(\.\d+)?\Z")
_OFFSETS = re.compile(r"(\d+)-(\d+)\Z")
_NUMBER = re.compile(r"\d+(-\d+)?\Z")
_COMMENT = re.compile(r"#\s*[\w.]+\s*=|\s*#\s*\S+(\s*\|.*)?$")
_NONE, _EMPTY = ("_", ""), "*"
_WHOLE = "a line of WebAnno TSV 3: sentence-token, begin-end, token, and a column a feature"

Lines = list[tuple[int, str]]


def _plain(text: str) -> str:
    return _ESCAPE.sub(lambda found: _BREAKS.get(found[1], found[1]), text)


@dataclass(frozen=True, slots=True)
class _Layer:
    kind: str  # SP: spans, CH: chains, RL: relations
    name: str
    first: int  # its first column, counted behind the token
    features: tuple[str, ...]


@dataclass
class _Sentence:
    number: int = 0
    text: list[str] = field(default_factory=list)
    lines: Lines = field(default_factory=list)


def read(file: BinaryIO, how: Reading) -> Iterator[Row]:
    """A row a sentence. Of a layer's features the first that has a value is the label; others are named.

    Relations, chains and spans that go on in another sentence cannot be kept whole, and are named.
    """
    begin = file.tell()
    head = next((line for _, line in lines(file)), "")
    file.seek(begin)
    if not isinstance(head, str) or not head.replace(" ", "").startswith("#FORMAT=WebAnnoTSV3"):
        yield from _read_tags(file)
        return
    layers: list[_Layer] = []
    held = _Sentence()
    for number, line in lines(file):
        if isinstance(line, RowRefused):
            yield Row(number, None, (line.note(number),))
        elif line.startswith("#T_"):
            layers.append(_layer(line, layers))
        elif line.startswith("#Text="):
            if held.lines:
                yield _row(held, layers)
                held = _Sentence()
            held.number = held.number or number
            held.text.append(_plain(line.removeprefix("#Text=")))
        elif line.strip() and not (line.startswith("#") and "\t" not in line):
            held.number = held.number or number
            held.lines.append((number, line))
        elif held.lines:
            yield _row(held, layers)
            held = _Sentence()
    if held.lines:
        yield _row(held, layers)


def _layer(line: str, before: list[_Layer]) -> _Layer:
    kind, _, rest = line[3:].partition("=")
    name, *features = rest.split("|")
    first = before[-1].first + max(len(before[-1].features), 1) if before else 0
    return _Layer(kind, name.rpartition(".")[2], first, tuple(features))


def _row(held: _Sentence, layers: list[_Layer]) -> Row:
    notes: list[Note] = []
    try:
        return _read_row(held, layers, notes)
    except RowRefused as error:
        return Row(held.number, None, (*notes, error.note(held.number)))


def _read_row(held: _Sentence, layers: list[_Layer], notes: list[Note]) -> Row:
    tokens: list[tuple[int, int, bool]] = []  # begin, end, whether it is a whole token
    cells: list[list[str]] = []
    words: list[str] = []
    for number, line in held.lines:
        place, offsets, token, *rest = [*line.split("\t"), "", ""][: max(3, line.count("\t") + 1)]
        edges = _OFFSETS.match(offsets)
        if not _PLACE.match(place) or not edges:
            raise RowRefused(f"line {number}", line, _WHOLE)
        tokens.append((int(edges[1]), int(edges[2]), "." not in place))
        words.append(_plain(token))
        cells.append(rest)
    begin = min(start for start, _, _ in tokens)
    text = "\n".join(held.text) if held.text else _text(tokens, words)
    parts = Parts(held.number, {}, Ruler(text_of(text, "#Text"), UTF16), notes=notes)
    for (start, end, whole), word in zip(tokens, words, strict=True):
        mark, said = parts.ruler.mark(held.number, f"token {word!r}", start - begin, end - begin, "token", word)
        if mark is None and whole and word.strip():
            raise RowRefused("token", word, said[0].allowed)
    spans = sum(layer.kind == "SP" for layer in layers)
    width = layers[-1].first + max(len(layers[-1].features), 1) if layers else 0
    for layer in layers:
        found = _spans(layer, tokens, cells)
        if layer.kind != "SP":
            if found:
                parts.lost(layer.name, f"{len(found)} of them", "spans; these are relations or chains")
            continue
        features = 0
        for start, end, values in found:
            given = [value for value in values if value not in (*_NONE, _EMPTY)]
            features += max(len(given) - 1, 0)
            label = _plain(given[0]) if given else layer.name
            name = layer.name if spans > 1 else ""
            parts.span(f"span of {layer.name}", start - begin, end - begin, label, layer=name)
        if features:
            parts.lost(layer.name, f"{features} values of further features", "one label a span: the first feature's")
    beyond = sum(cell not in _NONE for row in cells for cell in row[width:])
    if beyond:
        parts.lost("columns", f"{beyond} values", f"the {width} columns that the file's header names")
    own = [{"start": start - begin, "end": end - begin} for start, end, whole in tokens if whole]
    record = parts.record("", labelled=spans > 0, source_tokens=parts.ranges("tokens", own))
    return Row(held.number, record, tuple(notes))


def _text(tokens: list[tuple[int, int, bool]], words: list[str]) -> str:
    """The text of tokens that stand without it: blanks where nothing is known. Offsets count UTF-16 units."""
    text, at = "", tokens[0][0]
    for (start, end, whole), word in zip(tokens, words, strict=True):
        if whole:
            text += " " * max(start - at, 0) + word
            at = end
    return text


def _spans(
    layer: _Layer, tokens: list[tuple[int, int, bool]], cells: list[list[str]]
) -> list[tuple[int, int, list[str]]]:
    """(begin, end, values of the features) of each span: tokens with one number are of one span, others stand alone."""
    width = max(len(layer.features), 1)
    found: dict[object, tuple[int, int, list[str]]] = {}
    for at, (start, end, _) in enumerate(tokens):
        columns = [_BAR.split(cell) for cell in cells[at][layer.first : layer.first + width]]
        for depth in range(max(map(len, columns), default=0)):
            pairs = [pair for one in columns if depth < len(one) and (pair := _NUMBERED.match(one[depth]))]
            values = [one[1] for one in pairs]
            if all(value in _NONE for value in values):
                continue
            number = next((one[2] for one in pairs if one[2]), "")
            key: object = number or (at, depth)
            first, last, kept = found.get(key, (start, end, values))
            found[key] = min(first, start), max(last, end), kept
    return list(found.values())


def _read_tags(file: BinaryIO) -> Iterator[Row]:
    """Version 2: numbered tokens, tags, spans that are stacked by `|`, the text in a comment."""
    begin, first = file.tell(), 0
    survey = Survey()
    for number, held in _tagged(file):
        if not isinstance(held, RowRefused):
            first = first or number
            survey.add(_columns(held)[1])
    file.seek(begin)
    try:
        sentences = Sentences(*survey.decide(first))
    except RowRefused as error:
        sentences = Sentences((), (Note(first, "column of tags", error.given, error.allowed, LOST),))
    for number, held in _tagged(file):
        if isinstance(held, RowRefused):
            yield Row(number, None, (held.note(number),))
        else:
            yield sentences.row(number, *_columns(held))


def _columns(held: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    tokens, *columns = map(list, zip(*held, strict=True))
    stacked = []
    for column in columns:
        depth = max(value.count("|") for value in column) + 1
        for layer in range(depth):
            stacked.append([(value.split("|") + ["O"] * depth)[layer] for value in column])
    return tokens, stacked


def _tagged(file: BinaryIO) -> Iterator[tuple[int, list[list[str]] | RowRefused]]:
    """(number of the first line, the cells of each line but its number) of each sentence; a bad one is refused."""
    first = 0
    held: list[list[str]] = []
    fault: RowRefused | None = None
    for number, line in chain(lines(file), [(0, "")]):
        if isinstance(line, str) and not line.strip():
            if first:
                yield first, fault or held
            first, held, fault = 0, [], None
            continue
        if isinstance(line, str) and not held and not fault and _COMMENT.match(line) and "\t" not in line:
            continue
        first = first or number
        if isinstance(line, RowRefused):
            fault = fault or line
            continue
        place, *parts = [part for part in line.split("\t") if part]
        if not _NUMBER.match(place) or not parts:
            fault = fault or RowRefused(f"line {number}", line, "a number, a token and its tags, parted by tabs")
        elif held and len(parts) != len(held[0]):
            fault = fault or RowRefused(f"line {number}", shown(line), f"{len(held[0])} columns as in line {first}")
        held.append(parts)
