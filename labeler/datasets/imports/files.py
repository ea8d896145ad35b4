"""A file to import, read as often as it takes: how, its rows, its labels, its hash."""

import hashlib
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from labeler.labeling import layers
from pipeline.formats.catalog import named
from pipeline.formats.options import Reading
from pipeline.formats.record import Row

MOST_SOURCE = 200  # characters, as a column of the inbox has them


@dataclass(frozen=True, slots=True)
class Options:
    """`source`: names the rows' own ids; `language`: of rows that do not say theirs; `create`: adds the labels that
    the project lacks."""

    reading: Reading
    source: str
    language: str = "und"
    create: bool = False

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Options":
        return cls(**{**value, "reading": Reading(**value["reading"])})

    def to_json(self) -> dict[str, object]:
        return asdict(self)


def sha256_of(file: BinaryIO) -> str:
    """Of the bytes of a seekable file, which is then at its beginning again."""
    digest = hashlib.sha256()
    while chunk := file.read(1 << 20):
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()


def rows(file: BinaryIO, form: str, options: Options) -> Iterator[Row]:
    file.seek(0)
    # The reader may close what it is given; the file is read twice.
    yield from named(form).reader()(cast(BinaryIO, _Open(file)), options.reading)
    file.seek(0)


def labels(file: BinaryIO, form: str, options: Options) -> list[layers.FileLabel]:
    """All labels of a file, by layer; the file is at its beginning again afterwards."""
    found: dict[layers.FileLabel, None] = {}
    for row in rows(file, form, options):
        for mark in row.record.marks if row.record else ():
            found[mark.layer, mark.label] = None
    return list(found)


class _Open(io.RawIOBase):
    """A file that does not close when its reader is done."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


def source_of(name: str) -> str:
    """Whose a file's own ids are, where nobody says: the file's, whatever its ending."""
    return f"import:{PurePath(name.removesuffix('.gz')).stem}"[:MOST_SOURCE]
