"""A file as bounded lines of text, compressed or not: gzip bombs, endless lines and binaries are refused early."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from pipeline.annotator.plugin import BadInput

MAX_LINE_BYTES = 4_000_000  # a row of 200,000 characters, four bytes each, and as much again of other fields
FREE_UNPACKED = 32 << 20  # a gzip may unpack to this whatever its ratio
MAX_RATIO = 100  # text packs 3 to 20 times; a bomb 1,000 times
_MARKS = {b"\xff\xfe": "UTF-16", b"\xfe\xff": "UTF-16", b"PK\x03\x04": "a zip archive", b"%PDF": "a PDF document"}


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """(number from 1, line without its end) of a file in UTF-8, `.gz` unpacked on the way; memory is one line.

    Raises `BadInput` for an empty file, one that is not text, a line over `MAX_LINE_BYTES`, or a gzip that is broken
    or unpacks to more than `MAX_RATIO` times its size.
    """
    size = path.stat().st_size
    if size == 0:
        raise BadInput("the file is empty")
    with path.open("rb") as raw:
        if path.suffix.lower() == ".gz":
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield from _bounded(unpacked, max(FREE_UNPACKED, size * MAX_RATIO))
        else:
            yield from _bounded(raw, size)


def _bounded(file: IO[bytes] | gzip.GzipFile, most: int) -> Iterator[tuple[int, bytes]]:
    read = number = 0
    try:
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            read += len(line)
            if len(line) > MAX_LINE_BYTES:
                raise BadInput(f"line {number}: longer than {MAX_LINE_BYTES:,} bytes; one row a line is expected")
            if read > most:
                raise BadInput(f"the gzip unpacks to more than {most:,} bytes, {MAX_RATIO} times its size: refused")
            if number == 1:
                line = _first(line)
            if b"\0" in line:
                raise BadInput(f"line {number}: holds NUL bytes; the file is not text")
            yield number, line.rstrip(b"\r\n")
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise BadInput(f"the gzip cannot be unpacked after {read:,} bytes: {error}") from error


def _first(line: bytes) -> bytes:
    for mark, what in _MARKS.items():
        if line.startswith(mark):
            raise BadInput(f"the file is {what}; save it as text in UTF-8")
    return line.removeprefix(b"\xef\xbb\xbf")


def decoded(number: int, line: bytes) -> str:
    """Raises `BadInput` naming the line and the byte that is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise BadInput(
            f"line {number}, byte {error.start + 1}: not UTF-8 (0x{line[error.start]:02x}); save the file as UTF-8"
        ) from error
