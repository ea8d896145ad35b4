"""What somebody says of posts: one labeler's annotation, the decided one, what programs propose."""

from dataclasses import dataclass, field
from typing import ClassVar

from pipeline.schema.reading import Json, Record
from pipeline.schema.spans import Span, Suggestion, TokenizerId


def annotation_key(project: str, post_id: str, revision: str, labeler: str, n: int) -> str:
    return f"annotations/{project}/{post_id}/{revision}/{labeler}/{n}.json"


def gold_key(project: str, post_id: str, revision: str, n: int) -> str:
    return f"gold/{project}/{post_id}/{revision}/{n}.json"


@dataclass(frozen=True, slots=True)
class Annotation(Record):
    """One labeler's complete answer to a task; it may hold no spans.

    Stored as `annotations/{project}/{post_id}/{revision}/{labeler}/{n}.json` in the labels bucket, never changed:
    a correction or a withdrawal is n + 1.
    """

    SCHEMA: ClassVar[str] = "annotation/1"

    project: str
    post_id: str
    revision: str
    preparation: str
    labeler: str  # opaque id, never a name
    n: int  # from 1
    kind: str  # labels, skip, withdrawn
    spans: tuple[Span, ...]
    tokenizer: TokenizerId
    settings: int  # number of the project event in force
    guideline_version: int
    started_at: str
    submitted_at: str
    active_seconds: float
    second_opinion: bool  # arrived when its place had been taken
    reason: str = ""  # of a skip: not-a-post, wrong-language, unclear-guideline, other
    comment: str = ""
    flagged: bool = False
    suggestions: Json = field(default_factory=dict)  # {hidden, accepted, changed, rejected, missed}
    trace_id: str = ""
    extra: Json = field(default_factory=dict)

    @property
    def key(self) -> str:
        return annotation_key(self.project, self.post_id, self.revision, self.labeler, self.n)


@dataclass(frozen=True, slots=True)
class Gold(Record):
    """The decided answer to a post.

    Stored as `gold/{project}/{post_id}/{revision}/{n}.json` in the labels bucket, never changed: another decision is
    n + 1, and the highest n stands.
    """

    SCHEMA: ClassVar[str] = "gold/1"

    project: str
    post_id: str
    revision: str
    preparation: str
    n: int  # from 1
    by: str  # opaque id of who decided
    spans: tuple[Span, ...]
    tokenizer: TokenizerId
    settings: int  # number of the project event in force
    guideline_version: int
    decided_at: str
    comment: str = ""
    extra: Json = field(default_factory=dict)

    @property
    def key(self) -> str:
        return gold_key(self.project, self.post_id, self.revision, self.n)


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
