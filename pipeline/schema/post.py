"""Posts on their way from the page to the labeler and the archive."""

import base64
import hashlib
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import ClassVar, Self

from pipeline.schema.reading import LATER, Json, Record, SchemaError, opened, take_each, take_texts
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
class Salary(Record):
    """Pay before tax, as the posting says it; 0 and the empty string: not said."""

    minimum: float = field(default=0.0, metadata=LATER)
    maximum: float = field(default=0.0, metadata=LATER)
    currency: str = field(default="", metadata=LATER)  # ISO 4217
    unit: str = field(default="", metadata=LATER)  # HOUR, DAY, WEEK, MONTH, YEAR
    basis: str = field(default="", metadata=LATER)  # `stated` in a field for it, or read from the `text`
    extra: Json = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Details(Record):
    """What a posting says beside its text, in the words of schema.org; what it does not say is empty, never guessed.

    No part of what a post is recognised by: neither its id nor its revision depends on it.
    """

    # FULL_TIME, PART_TIME, CONTRACTOR, TEMPORARY, INTERN, VOLUNTEER, PER_DIEM, OTHER
    employment: tuple[str, ...] = field(default=(), metadata=LATER)
    workplace: str = field(default="", metadata=LATER)  # ON_SITE, HYBRID, TELECOMMUTE
    countries: tuple[str, ...] = field(default=(), metadata=LATER)  # of the work, or where one may live: ISO 3166-1
    locations: tuple[str, ...] = field(default=(), metadata=LATER)  # all of them
    department: str = field(default="", metadata=LATER)
    salary: Salary = field(default=Salary(), metadata=LATER)
    # INTERNSHIP, ENTRY_LEVEL, ASSOCIATE, MID_LEVEL, SENIOR_LEVEL, LEAD, DIRECTOR, EXECUTIVE
    seniority: str = field(default="", metadata=LATER)
    valid_through: str = field(default="", metadata=LATER)  # ISO 8601 date
    apply_url: str = field(default="", metadata=LATER)
    original_url: str = field(default="", metadata=LATER)  # as it was written, where `url` is another spelling
    extra: Json = field(default_factory=dict)


EMPLOYMENT = ("FULL_TIME", "PART_TIME", "CONTRACTOR", "TEMPORARY", "INTERN", "VOLUNTEER", "PER_DIEM", "OTHER")
WORKPLACES = ("ON_SITE", "HYBRID", "TELECOMMUTE")
NOTHING_SAID = Details()


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
    details: Details = NOTHING_SAID
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
        raw, details = data.pop("raw", None), data.pop("details", None)
        return cls(
            **take_texts(data, _POST_FIELDS),
            raw=None if raw is None else Raw.from_json(raw),
            details=NOTHING_SAID if details is None else Details.from_json(details),
            extra=data,
        )

    def to_json(self) -> Json:
        fields = {name: getattr(self, name) for name in _POST_FIELDS}
        return {
            **self.extra,
            "schema": self.SCHEMA,
            **fields,
            "raw": self.raw.to_json() if self.raw else None,
            **({"details": self.details.to_json()} if self.details != NOTHING_SAID else {}),
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
class PostEnded(Record):
    """A posting is no longer there, or is there again: through the queues of posts, and kept below `ended/`.

    Of one posting the newest `at` counts, in whatever order they arrive.
    """

    SCHEMA: ClassVar[str] = "post-ended/1"

    project: str
    source: str
    post_id: str
    reason: str  # expired, gone, absent; empty: it is there again
    last_seen: str  # ISO 8601 date
    at: str  # when that was found
    trace_id: str
    extra: Json = field(default_factory=dict)


ENDED_BY = ("expired", "gone", "absent")


def open_ended(value: object) -> PostEnded:
    """Raises `SchemaError`, also for a reason, a day or a time that is none."""
    ended = PostEnded.from_json(value)
    if ended.reason not in ("", *ENDED_BY):
        raise SchemaError(f"field 'reason': given {ended.reason!r:.80}, allowed: {', '.join(ENDED_BY)} or empty")
    for name, read in (("last_seen", date.fromisoformat), ("at", datetime.fromisoformat)):
        try:
            found = read(getattr(ended, name))
        except ValueError:
            found = None
        if found is None or (isinstance(found, datetime) and found.tzinfo is None):
            raise SchemaError(
                f"field {name!r}: given {getattr(ended, name)!r:.80}, allowed: ISO 8601, a time with its zone"
            )
    return ended


@dataclass(frozen=True, slots=True)
class Handoff(Record):
    """Stands in a queue for a message too large for it (over 200 KB): the message is the object `key`."""

    SCHEMA: ClassVar[str] = "handoff/1"

    key: str  # handoff/…, in the posts bucket
