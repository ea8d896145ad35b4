"""What a reader or writer is told beside the file."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .offsets import CODE_POINTS
from .record import Note
from .tags import Column
from .units import WORD


@dataclass(frozen=True, slots=True)
class Reading:
    """How to read a file. Empty field names: the format's own, tried in its order."""

    text_field: str = ""
    label_field: str = ""
    id_field: str = ""
    offsets: str = CODE_POINTS
    columns: str = ""  # of CoNLL, as `token,_,tags`; empty: found out
    comments: str = ""  # what lines of CoNLL that are comments begin with, or `none`; empty: found out


@dataclass(frozen=True, slots=True)
class Writing:
    """How to write a file. `columns`: of tags, with the `labels` of each layer in the order of their class ids.

    `note` is told whatever a format cannot hold, as it is written.
    """

    columns: tuple[Column, ...]
    labels: Mapping[str, tuple[str, ...]]
    unit: str = WORD
    note: Callable[[Note], None] = lambda note: None
