"""Posts on their way from the page to the labeler and the archive."""

import base64
import hashlib
from dataclasses import dataclass, field
from typing import ClassVar, Self

from pipeline.schema.reading import Json, Record, opened, take_each, take_texts
from pipeline.schema.spans import Suggestion, Tokens


def post_id(source: str, external_id: str) -> str:
    """The 26 characters that name a posting: the same whatever its title, address, language or text."""
    digest = hashlib.sha256(f"{source}\0{external_id}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:26]


@dataclass(frozen=True, slots=True)
class Raw(Record):
    """Where the fetched page lies: WARC object, byte offset of the record in it, SHA-256 of the page."""

    key: str
    offset: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PostScraped:
    """A post as the scraper or an importer read it (SQS ingest). `text` is normalised; there is no HTML."""

    SCHEMA: ClassVar[str] = "post-scraped/1"

    project: str
    source: str  # a configured source, as `greenhouse:acme` or `careers.example.org`
    external_id: str
    post_id: str
    revision: str
    url: str
    title: str
    company: str
    location: str
    date_posted: str  # ISO 8601 date, or empty
    language: str  # ISO 639-1, or `und`
    text: str
    fetched_at: str
    trace_id: str
    raw: Raw | None = None  # None where nothing was fetched: imports
    extra: Json = field(default_factory=dict)

    @property
    def identity(self) -> tuple[str, str, str]:
        return self.project, self.post_id, self.revision

    @classmethod
    def from_json(cls, value: object) -> Self:
        return cls._from_fields(opened(value, cls.SCHEMA))

    @classmethod
    def _from_fields(cls, data: Json) -> Self:
        """Takes its fields out of `data`; what is left over is `extra`."""
        raw = data.pop("raw", None)
        return cls(
            **take_texts(data, _POST_FIELDS),
            raw=None if raw is None else Raw.from_json(raw),
            extra=data,
        )

    def to_json(self) -> Json:
        fields = {name: getattr(self, name) for name in _POST_FIELDS}
        return {
            **self.extra,
            "schema": self.SCHEMA,
            **fields,
            "raw": self.raw.to_json() if self.raw else None,
        }


_POST_FIELDS = (
    "project", "source", "external_id", "post_id", "revision", "url", "title", "company", "location", "date_posted",
    "language", "text", "fetched_at", "trace_id",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class PostReady:
    """A post made ready for labelling (SNS posts, and the archive): all of `PostScraped`, and tokens and more.

    `preparation` names the tokenizer and gates it went through; with the post's identity it is what consumers
    recognise a repeat by. `signature`: MinHash over word 5-grams, for near-duplicates; empty when too short.
    """

    SCHEMA: ClassVar[str] = "post-ready/1"

    post: PostScraped
    tokens: Tokens
    suggestions: tuple[Suggestion, ...]
    signature: tuple[int, ...]
    preparation: str

    @property
    def identity(self) -> tuple[str, str, str, str]:
        return *self.post.identity, self.preparation

    @classmethod
    def from_json(cls, value: object) -> Self:
        data = opened(value, cls.SCHEMA)
        tokens = Tokens.from_json(data)
        kinds = {"suggestions": tuple[Suggestion, ...], "signature": tuple[int, ...], "preparation": str}
        rest = take_each(data, **kinds)
        return cls(PostScraped._from_fields(data), tokens, *rest)

    def to_json(self) -> Json:
        return {
            **self.post.to_json(),
            "schema": self.SCHEMA,
            **self.tokens.to_json(),
            "suggestions": [suggestion.to_json() for suggestion in self.suggestions],
            "signature": list(self.signature),
            "preparation": self.preparation,
        }


@dataclass(frozen=True, slots=True)
class PostRefused:
    """A post that a gate of its project kept out, as it is stored below `refused/`: all of `PostScraped`, and why."""

    SCHEMA: ClassVar[str] = "post-refused/1"

    post: PostScraped
    reason: str  # counted: blank, too-short, too-long, language, boilerplate, from-the-future
    detail: str
    preparation: str

    @classmethod
    def from_json(cls, value: object) -> Self:
        data = opened(value, cls.SCHEMA)
        why = take_each(data, reason=str, detail=str, preparation=str)
        return cls(PostScraped._from_fields(data), *why)

    def to_json(self) -> Json:
        return {
            **self.post.to_json(),
            "schema": self.SCHEMA,
            "reason": self.reason,
            "detail": self.detail,
            "preparation": self.preparation,
        }


@dataclass(frozen=True, slots=True)
class Handoff(Record):
    """Stands in a queue for a message too large for it (over 200 KB): the message is the object `key`."""

    SCHEMA: ClassVar[str] = "handoff/1"

    key: str  # handoff/…, in the posts bucket
