"""A file to import, read as often as it takes: how, its rows, its labels, its hash."""

import hashlib
import io
import pickle
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any, BinaryIO, cast

from labeler.labeling import layers
from pipeline import isolation
from pipeline.errors import InvalidInput
from pipeline.formats.catalog import named
from pipeline.formats.options import Reading
from pipeline.formats.record import Row, RowRefused

MOST_SOURCE = 200  # characters, as a column of the inbox has them
MOST_ROW = 32 << 20  # bytes, as a row travels between processes
SENT_AT_ONCE = 1 << 20
LIMITS = isolation.Limits(memory=1 << 30, seconds=3600, step_seconds=60)
_TOO_MUCH = {
    "memory": f"one that needs more than {LIMITS.memory >> 20:,} MB of memory when it is read",
    "seconds": f"one that takes more than {LIMITS.seconds:,} s of a processor to read",
    "step_seconds": f"one with a row that takes more than {LIMITS.step_seconds} s of a processor to read",
}


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
    """Read in a child process: a small file may unpack to anything. Raises `InvalidInput` for one that needs more
    memory or time than it may."""
    reader = named(form).reader()

    def work(send: isolation.Send) -> None:
        file.seek(0)
        held, size = [], 0
        isolation.begin_step(LIMITS)
        # The reader may close what it is given; the file is read twice.
        for row in reader(cast(BinaryIO, _Open(file)), options.reading):
            body = pickle.dumps(row)
            if len(body) > MOST_ROW:
                wrong = RowRefused("row", f"{len(body):,} bytes", f"at most {MOST_ROW:,} bytes")
                body = pickle.dumps(Row(row.number, None, (wrong.note(row.number),)))
            held.append(body)
            size += len(body)
            if size >= SENT_AT_ONCE:
                send(held)
                held, size = [], 0
            isolation.begin_step(LIMITS)
        isolation.end_step()
        send(held)
        send(None)

    child, read = isolation.Child(work, LIMITS), 0
    try:
        while (bodies := child.receive()) is not None:
            for body in bodies:
                read += 1
                yield pickle.loads(body)  # noqa: S301  of our own child
    except isolation.Ended as ended:
        given = f"{_TOO_MUCH[ended.limit]}, after row {read}"
        raise InvalidInput("file", given, "a smaller file, or one of parts") from None
    finally:
        child.end()
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
