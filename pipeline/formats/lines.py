"""Bytes of a file into numbered lines and JSON values: at constant memory, and one bad row never hides the next."""

import io
import json
import re
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import orjson

from .record import RowRefused

MOST_ROW_BYTES = 16 << 20
_CHUNK = 1 << 20
_BOMS = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))
_JSON_MARKS = re.compile(rb'["\\{}\[\]]')

Numbered = tuple[int, Any]  # row number from 1, and the value or the `RowRefused` that stands for it


def unpacked(file: BinaryIO) -> BinaryIO:
    """The file, decompressed on the way when it begins as gzip does."""
    buffered = file if isinstance(file, io.BufferedReader) else io.BufferedReader(_Raw(file), _CHUNK)
    if buffered.peek(2)[:2] == b"\x1f\x8b":
        return io.BufferedReader(_Inflated(buffered), _CHUNK)
    return buffered


class Truncated(Exception):
    """A compressed file that breaks off or is damaged; raised when all before that has been read."""


class _Inflated(io.RawIOBase):
    """The members of a gzip file. `gzip.GzipFile` would lose what it read just before the break."""

    def __init__(self, file: io.BufferedReader) -> None:
        self._file, self._held, self._error = file, b"", ""
        self._inflater = zlib.decompressobj(wbits=31)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._error:
            if not self._held and not (held := self._file.read(_CHUNK)):
                if self._inflater.eof:
                    return 0
                self._error = "ends before its end marker"
                break
            if not self._held:
                self._held = held
            if self._inflater.eof:
                self._inflater = zlib.decompressobj(wbits=31)
            try:
                data = self._inflater.decompress(self._held, len(buffer))
            except zlib.error as error:
                self._error = str(error)
                break
            self._held = self._inflater.unconsumed_tail or self._inflater.unused_data
            if data:
                buffer[: len(data)] = data
                return len(data)
        raise Truncated(self._error)


class _Raw(io.RawIOBase):
    """Any object with `read(n)` as a raw stream, so that it can be buffered and peeked into."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def lines(file: BinaryIO) -> Iterator[Numbered]:
    """(number, line without its end) for every line; a line that cannot be read comes as a `RowRefused`.

    UTF-8, or UTF-16 with a byte order mark. Lines end at `\\n` alone: U+2028 and its kin are text.
    """
    for number, raw in _raw_lines(file):
        if isinstance(raw, RowRefused):
            yield number, raw
            continue
        try:
            yield number, raw.decode()
        except UnicodeDecodeError as error:
            yield number, RowRefused(f"byte {error.start + 1} of the line", raw[error.start : error.end], "UTF-8")


def _raw_lines(file: BinaryIO) -> Iterator[tuple[int, bytes | RowRefused]]:
    stream = _utf8(unpacked(file))
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(MOST_ROW_BYTES + 1)
            if len(line) > MOST_ROW_BYTES and not line.endswith(b"\n"):
                size = len(line)
                while line and not line.endswith(b"\n"):
                    line = stream.readline(_CHUNK)
                    size += len(line)
                yield number, RowRefused("line", f"{size} bytes", f"at most {MOST_ROW_BYTES} bytes")
                continue
        except Truncated as error:
            yield number, RowRefused("gzip", str(error), "a whole gzip file; the rows before this one were read")
            return
        if not line:
            return
        yield number, line.removesuffix(b"\n").removesuffix(b"\r")


def _peek(stream: BinaryIO, size: int) -> bytes:
    try:
        return bytes(stream.peek(size)[:size])  # type: ignore[attr-defined]
    except Truncated:
        return b""  # said again when it is read


def _utf8(stream: BinaryIO) -> BinaryIO:
    head = _peek(stream, 3)
    for bom, encoding in _BOMS:
        if head.startswith(bom):
            stream.read(len(bom))
            if encoding != "utf-8":
                text = io.TextIOWrapper(stream, encoding=encoding, errors="replace", newline="")
                return io.BufferedReader(_Raw(_Encoded(text)), _CHUNK)  # type: ignore[arg-type]
            break
    return stream


class _Encoded:
    def __init__(self, text: io.TextIOWrapper) -> None:
        self._text = text

    def read(self, size: int) -> bytes:
        return self._text.read(max(size // 4, 1)).encode()


def text_lines(file: BinaryIO) -> io.TextIOWrapper:
    """The file as text for a parser of its own; bytes that are not UTF-8 come as surrogates U+DC80 to U+DCFF."""
    stream = _utf8(unpacked(file))
    return io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")


def json_rows(file: BinaryIO) -> Iterator[Numbered]:
    """(number, value) of a file of JSON objects: one a line, the elements of one array, or laid out over lines.

    One a line is told by a first line that is not just an opening bracket; there a broken line is refused alone. In
    the other forms a broken object is refused, and with it what cannot be told apart from it.
    """
    stream = _utf8(unpacked(file))
    head = _peek(stream, _CHUNK).lstrip()
    if head.startswith(b"[") or head.split(b"\n", 1)[0].strip() == b"{":
        yield from _laid_out(stream, 1 if head.startswith(b"[") else 0)
        return
    for number, line in lines(stream):
        if isinstance(line, RowRefused):
            yield number, line
        elif line.strip():
            yield number, _value(line)


def _laid_out(stream: BinaryIO, floor: int) -> Iterator[Numbered]:
    for number, raw in enumerate(_objects(stream, floor), 1):
        if isinstance(raw, RowRefused):
            yield number, raw
            continue
        try:
            text = raw.decode()
        except UnicodeDecodeError as error:
            yield number, RowRefused(f"byte {error.start + 1} of the value", raw[error.start : error.end], "UTF-8")
            continue
        yield number, _value(text)


def _objects(stream: BinaryIO, floor: int) -> Iterator[bytes | RowRefused]:
    """The bytes of each value in brackets at depth `floor`: 0 at the top, 1 inside one array."""
    depth, in_string, escaped = 0, False, False
    value, between = bytearray(), bytearray()
    while True:
        try:
            chunk = stream.read(_CHUNK)
        except Truncated as error:
            yield RowRefused("gzip", str(error), "a whole gzip file; the rows before this one were read")
            return
        if not chunk:
            break
        begin = 0  # of what has not been dealt with
        skip = 0 if escaped else -1  # a backslash ended the last chunk
        escaped = False
        for found in _JSON_MARKS.finditer(chunk):
            at, mark = found.start(), found.group()
            if at == skip:
                continue
            if in_string:
                if mark == b"\\":
                    skip = at + 1
                    escaped = skip == len(chunk)
                elif mark == b'"':
                    in_string = False
            elif mark == b'"':
                in_string = depth > floor
            elif mark in b"{[":
                if depth == floor:
                    between += chunk[begin:at][:80]
                    begin = at
                depth += 1
                if depth == floor:
                    begin = at + 1
            elif mark in b"}]" and depth:
                depth -= 1
                if depth == floor:
                    if stray := between.strip(b" \t\r\n,"):
                        yield RowRefused("value", bytes(stray[:80]), "objects in brackets")
                    between.clear()
                    value += chunk[begin : at + 1]
                    yield bytes(value)
                    value.clear()
                    begin = at + 1
                elif depth < floor:
                    between += chunk[begin:at][:80]
                    begin = at + 1
        if depth > floor:
            value += chunk[begin:]
            if len(value) > MOST_ROW_BYTES:
                yield RowRefused(
                    "value", f"more than {MOST_ROW_BYTES} bytes", "smaller values, and brackets that close"
                )
                return
        else:
            between = (between + chunk[begin:])[:80]
    if depth > floor:
        yield RowRefused("value", bytes(value[-40:]), "brackets that close; the file breaks off inside this value")
    elif stray := between.strip(b" \t\r\n,"):
        yield RowRefused("value", bytes(stray[:80]), "objects in brackets")


def _value(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        try:
            return json.loads(text)  # lone surrogates, NaN: accepted here and dealt with by who needs the field
        except (ValueError, RecursionError):
            return RowRefused("JSON", text[max(0, error.pos - 20) : error.pos + 20], f"JSON ({error.msg})")
