"""Answers to a post: one labeler's, and the decided one."""

from dataclasses import dataclass, field
from typing import ClassVar, Self

from pipeline.schema.reading import Json, objects, opened, take
from pipeline.schema.tokens import Span, TokenizerId


@dataclass(frozen=True, slots=True)
class Annotation:
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
        return f"annotations/{self.project}/{self.post_id}/{self.revision}/{self.labeler}/{self.n}.json"

    @classmethod
    def from_json(cls, value: object) -> Self:
        data = opened(value, cls.SCHEMA)
        return cls(
            take(data, "project", str),
            take(data, "post_id", str),
            take(data, "revision", str),
            take(data, "preparation", str),
            take(data, "labeler", str),
            take(data, "n", int),
            take(data, "kind", str),
            tuple(Span.from_json(one) for one in objects(data, "spans")),
            TokenizerId.from_json(take(data, "tokenizer", dict)),
            take(data, "settings", int),
            take(data, "guideline_version", int),
            take(data, "started_at", str),
            take(data, "submitted_at", str),
            take(data, "active_seconds", float),
            take(data, "second_opinion", bool),
            take(data, "reason", str),
            take(data, "comment", str),
            take(data, "flagged", bool),
            take(data, "suggestions", dict),
            take(data, "trace_id", str),
            data,
        )

    def to_json(self) -> Json:
        return {
            **self.extra,
            "schema": self.SCHEMA,
            "project": self.project,
            "post_id": self.post_id,
            "revision": self.revision,
            "preparation": self.preparation,
            "labeler": self.labeler,
            "n": self.n,
            "kind": self.kind,
            "spans": [one.to_json() for one in self.spans],
            "tokenizer": self.tokenizer.to_json(),
            "settings": self.settings,
            "guideline_version": self.guideline_version,
            "started_at": self.started_at,
            "submitted_at": self.submitted_at,
            "active_seconds": self.active_seconds,
            "second_opinion": self.second_opinion,
            "reason": self.reason,
            "comment": self.comment,
            "flagged": self.flagged,
            "suggestions": self.suggestions,
            "trace_id": self.trace_id,
        }


@dataclass(frozen=True, slots=True)
class Gold:
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
        return f"gold/{self.project}/{self.post_id}/{self.revision}/{self.n}.json"

    @classmethod
    def from_json(cls, value: object) -> Self:
        data = opened(value, cls.SCHEMA)
        return cls(
            take(data, "project", str),
            take(data, "post_id", str),
            take(data, "revision", str),
            take(data, "preparation", str),
            take(data, "n", int),
            take(data, "by", str),
            tuple(Span.from_json(one) for one in objects(data, "spans")),
            TokenizerId.from_json(take(data, "tokenizer", dict)),
            take(data, "settings", int),
            take(data, "guideline_version", int),
            take(data, "decided_at", str),
            take(data, "comment", str),
            data,
        )

    def to_json(self) -> Json:
        return {
            **self.extra,
            "schema": self.SCHEMA,
            "project": self.project,
            "post_id": self.post_id,
            "revision": self.revision,
            "preparation": self.preparation,
            "n": self.n,
            "by": self.by,
            "spans": [one.to_json() for one in self.spans],
            "tokenizer": self.tokenizer.to_json(),
            "settings": self.settings,
            "guideline_version": self.guideline_version,
            "decided_at": self.decided_at,
            "comment": self.comment,
        }
