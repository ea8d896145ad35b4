"""How a file is read into a project."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.formats.options import Reading


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
    return f"import:{name.split('.')[0]}"
