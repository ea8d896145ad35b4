"""How a file is read into a project."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import PurePath
from typing import Any

from pipeline.formats.options import Reading

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


def source_of(name: str) -> str:
    """Whose a file's own ids are, where nobody says: the file's, whatever its ending."""
    return f"import:{PurePath(name.removesuffix('.gz')).stem}"[:MOST_SOURCE]
