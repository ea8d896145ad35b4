"""What an annotator is. Other packages add theirs under the entry point group `labelmill.annotators`.

See docs/jobs.md for a complete example of a plug-in.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.schema import Suggestion

Log = Callable[[str], None]


class BadInput(ValueError):
    """A file that cannot be annotated, for a reason its owner can read and act on: the job ends as FAILED with it."""


@dataclass(frozen=True, slots=True)
class Option:
    """A file that an annotator can be given beside its input.

    `kind`: `rules` (a file of the user's own) or `examples` (JSON lines with `text` and `spans`; a job makes it from
    what a project's labels say).
    """

    name: str
    kind: str
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    max_rows: int = 1_000_000
    max_row_chars: int = 200_000
    max_columns: int = 500


class Annotator(Protocol):
    """A program that proposes spans. Its class is created without arguments, its properties are best plain class
    attributes, and it opens nothing before `annotate`."""

    @property
    def name(self) -> str:
        """What jobs name it by: a-z, 0-9 and -."""

    @property
    def title(self) -> str:
        """What people read."""

    @property
    def formats(self) -> tuple[str, ...]:
        """Of txt, csv and jsonl."""

    @property
    def options(self) -> tuple[Option, ...]: ...

    @property
    def limits(self) -> Limits: ...

    def annotate(self, texts: Iterable[str], options: Mapping[str, Path], log: Log) -> Iterator[Sequence[Suggestion]]:
        """For each text, in order, its spans as `[start, end)` in code points with label and score (0 to 1).

        May read a few texts ahead (to work in batches). Raises `BadInput` for an unusable option file.
        """
