"""What programs propose for posts."""

from dataclasses import dataclass, field
from typing import ClassVar

from pipeline.schema.reading import Json, Record
from pipeline.schema.tokens import Suggestion


@dataclass(frozen=True, slots=True)
class Proposal(Record):
    """What is proposed for one revision of a post; it may be nothing, in the place of what was proposed before."""

    post_id: str
    revision: str
    spans: tuple[Suggestion, ...]


@dataclass(frozen=True, slots=True)
class PushedSuggestions(Record):
    """One program's proposals at one request, which take the place of those it made for the same posts before.

    Stored as `suggestions/{project}/{time}-{hash}.json` in the labels bucket, never changed; read in the order of keys.
    """

    SCHEMA: ClassVar[str] = "pushed/1"

    project: str
    by: str  # the program
    at: str
    posts: tuple[Proposal, ...]
    extra: Json = field(default_factory=dict)
