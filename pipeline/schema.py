"""The words on the wire: every message and stored object, frozen and versioned, to and from JSON values.

Each has a `SCHEMA` (name/version). Reading refuses an unknown version or a missing or ill-typed field with
`SchemaError`, and keeps unknown fields in `extra` so that a newer writer's additions survive an older reader.
Times are RFC 3339 in UTC with microseconds (`2026-01-31T09:30:00.000000Z`), so that they sort as text.
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, ClassVar, Self, TypeVar

Json = dict[str, Any]
T = TypeVar("T")


class SchemaError(ValueError):
    """A message or object that does not fit its schema; says the field, what was given and what is allowed."""


def post_id(source: str, external_id: str) -> str:
    """The 26 characters that name a posting: the same whatever its title, address, language or text."""
    digest = hashlib.sha256(f"{source}\0{external_id}".encode()).digest()
    return base64.b32encode(digest).decode().lower()[:26]


def timestamp(when: datetime) -> str:
    """`when`, which must know its zone, as RFC 3339 in UTC with microseconds."""
    if when.tzinfo is None:
        raise ValueError(f"a time without a zone: {when!r}")
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _take(data: Json, name: str, kind: type[T]) -> T:
    """Removes and returns a field, so that what remains at the end is `extra`."""
    value = data.pop(name, None)
    # bool is an int in Python, never on the wire; a whole number stands for a float.
    if kind is float and type(value) is int:
        value = float(value)
    if not isinstance(value, kind) or (type(value) is bool and kind is not bool):
        raise SchemaError(f"field {name!r}: given {value!r:.80}, allowed: {kind.__name__}")
    return value


def _optional(data: Json, name: str, default: T) -> T:
    """As `_take`, for a field that older writers did not know."""
    return _take(data, name, type(default)) if name in data else default


def _ints(data: Json, name: str) -> tuple[int, ...]:
    values = _take(data, name, list)
    for at, value in enumerate(values):
        if type(value) is not int or value < 0:
            raise SchemaError(f"field '{name}[{at}]': given {value!r:.80}, allowed: a whole number from 0")
    return tuple(values)


def _objects(data: Json, name: str) -> list[Json]:
    values = _take(data, name, list)
    for at, value in enumerate(values):
        if not isinstance(value, dict):
            raise SchemaError(f"field '{name}[{at}]': given {value!r:.80}, allowed: an object")
    return values


def _open(value: object, schema: str) -> Json:
    """A copy of a JSON object of the named schema, without its `schema` field."""
    if not isinstance(value, Mapping):
        raise SchemaError(f"given {value!r:.80}, allowed: an object with schema {schema!r}")
    data = dict(value)
    given = data.pop("schema", None)
    if given != schema:
        raise SchemaError(f"field 'schema': given {given!r:.80}, allowed: {schema!r}")
    return data


@dataclass(frozen=True, slots=True)
class Raw:
    """Where the fetched page lies: WARC object, byte offset of the record in it, SHA-256 of the page."""

    key: str
    offset: int
    sha256: str

    @classmethod
    def from_json(cls, data: Json) -> Self:
        data = dict(data)
        return cls(_take(data, "key", str), _take(data, "offset", int), _take(data, "sha256", str))

    def to_json(self) -> Json:
        return {"key": self.key, "offset": self.offset, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class TokenizerId:
    """A tokenizer model: `sha256` is that of the model file, in hexadecimal."""

    name: str
    version: str
    sha256: str

    @property
    def key(self) -> str:
        """Its object in the posts bucket."""
        return f"tokenizers/{self.name}/{self.version}.model"

    @classmethod
    def from_json(cls, data: Json) -> Self:
        data = dict(data)
        return cls(_take(data, "name", str), _take(data, "version", str), _take(data, "sha256", str))

    def to_json(self) -> Json:
        return {"name": self.name, "version": self.version, "sha256": self.sha256}


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of one normalised text.

    `steps`: gap, length, gap, length, … in code points, one pair a token: in order and disjoint by construction.
    `words`: for each token the ordinal of the word it belongs to; it never falls.
    """

    tokenizer: TokenizerId
    steps: tuple[int, ...]
    words: tuple[int, ...]

    def __len__(self) -> int:
        return len(self.words)

    def ranges(self) -> list[tuple[int, int]]:
        """The tokens as `[start, end)` code-point ranges of the text."""
        found, at = [], 0
        for gap, length in zip(self.steps[::2], self.steps[1::2], strict=True):
            start = at + gap
            at = start + length
            found.append((start, at))
        return found

    @classmethod
    def of_ranges(cls, tokenizer: TokenizerId, ranges: Sequence[tuple[int, int]], words: Sequence[int]) -> Self:
        steps, at = [], 0
        for start, end in ranges:
            steps += [start - at, end - start]
            at = end
        return cls(tokenizer, tuple(steps), tuple(words))

    @classmethod
    def from_json(cls, data: Json) -> Self:
        """Takes its fields out of `data`."""
        tokenizer = TokenizerId.from_json(_take(data, "tokenizer", dict))
        steps, words = _ints(data, "steps"), _ints(data, "words")
        if len(steps) != 2 * len(words):
            raise SchemaError(f"field 'steps': given {len(steps)} numbers for {len(words)} words, allowed: 2 a token")
        return cls(tokenizer, steps, words)

    def to_json(self) -> Json:
        return {"tokenizer": self.tokenizer.to_json(), "steps": list(self.steps), "words": list(self.words)}


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A labelled range: `[start, end)` in code points, and the half-open range of tokens it covers.

    `first` and `last` are -1 where the span does not fall on token edges (imports may bring such spans).
    """

    start: int
    end: int
    label: str
    first: int
    last: int

    @classmethod
    def from_json(cls, data: Json) -> Self:
        data = dict(data)
        tokens = _take(data, "tokens", list)
        if len(tokens) != 2 or any(type(token) is not int for token in tokens):
            raise SchemaError(f"field 'tokens': given {tokens!r:.80}, allowed: [first, last + 1]")
        return cls(_take(data, "start", int), _take(data, "end", int), _take(data, "label", str), *tokens)

    def to_json(self) -> Json:
        return {"start": self.start, "end": self.end, "label": self.label, "tokens": [self.first, self.last]}


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A span that a program proposes, with the score (0 to 1) it gives itself and its name."""

    start: int
    end: int
    label: str
    score: float
    by: str

    @classmethod
    def from_json(cls, data: Json) -> Self:
        data = dict(data)
        return cls(
            _take(data, "start", int),
            _take(data, "end", int),
            _take(data, "label", str),
            _take(data, "score", float),
            _take(data, "by", str),
        )

    def to_json(self) -> Json:
        return {"start": self.start, "end": self.end, "label": self.label, "score": self.score, "by": self.by}


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
        return cls._from_fields(_open(value, cls.SCHEMA))

    @classmethod
    def _from_fields(cls, data: Json) -> Self:
        """Takes its fields out of `data`; what is left over is `extra`."""
        raw = data.pop("raw", None)
        return cls(
            **{name: _take(data, name, str) for name in _POST_FIELDS},
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
        data = _open(value, cls.SCHEMA)
        tokens = Tokens.from_json(data)
        suggestions = tuple(Suggestion.from_json(one) for one in _objects(data, "suggestions"))
        signature, preparation = _ints(data, "signature"), _take(data, "preparation", str)
        return cls(PostScraped._from_fields(data), tokens, suggestions, signature, preparation)

    def to_json(self) -> Json:
        return {
            **self.post.to_json(),
            "schema": self.SCHEMA,
            **self.tokens.to_json(),
            "suggestions": [one.to_json() for one in self.suggestions],
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
        data = _open(value, cls.SCHEMA)
        why = [_take(data, name, str) for name in ("reason", "detail", "preparation")]
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
class Handoff:
    """Stands in a queue for a message too large for it (over 200 KB): the message is the object `key`."""

    SCHEMA: ClassVar[str] = "handoff/1"

    key: str  # handoff/…, in the posts bucket

    @classmethod
    def from_json(cls, value: object) -> Self:
        data = _open(value, cls.SCHEMA)
        return cls(_take(data, "key", str))

    def to_json(self) -> Json:
        return {"schema": self.SCHEMA, "key": self.key}


@dataclass(frozen=True, slots=True)
class Label:
    """One label of a set. `color` is a slot of the palette, 1 to 12; `key` one key of the keyboard."""

    name: str
    key: str
    color: int
    group: str = ""
    description: str = ""
    examples: tuple[str, ...] = ()
    layer: str = ""  # labels of different layers stand in different columns of tags

    @classmethod
    def from_json(cls, data: Json) -> Self:
        data = dict(data)
        examples = data.pop("examples", [])
        return cls(
            _take(data, "name", str),
            _take(data, "key", str),
            _take(data, "color", int),
            data.pop("group", ""),
            data.pop("description", ""),
            tuple(examples),
            data.pop("layer", ""),
        )

    def to_json(self) -> Json:
        value: Json = {
            "name": self.name,
            "key": self.key,
            "color": self.color,
            "group": self.group,
            "description": self.description,
            "examples": list(self.examples),
        }
        return {**value, "layer": self.layer} if self.layer else value


@dataclass(frozen=True, slots=True)
class Gates:
    """What a post must pass before anybody is asked to label it. An empty `languages` lets every language in."""

    min_chars: int = 1
    max_chars: int = 200_000
    languages: tuple[str, ...] = ()
    max_boilerplate: float = 1.0  # share of lines seen in many other posts of the source, 0 to 1

    @classmethod
    def from_json(cls, data: Json) -> Self:
        data = dict(data)
        return cls(
            _take(data, "min_chars", int),
            _take(data, "max_chars", int),
            tuple(_take(data, "languages", list)),
            _take(data, "max_boilerplate", float),
        )

    def to_json(self) -> Json:
        return {
            "min_chars": self.min_chars,
            "max_chars": self.max_chars,
            "languages": list(self.languages),
            "max_boilerplate": self.max_boilerplate,
        }


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """All that decides how a project's posts are prepared and labelled.

    Stored as `projects/{project}/settings.json` and, once a change, as `projects/{project}/events/{n}.json` in the
    labels bucket; each event carries the whole settings after it.
    """

    SCHEMA: ClassVar[str] = "project/1"

    project: str  # its slug: a-z, 0-9 and -
    name: str
    n: int  # number of the event that made these settings, from 1
    kind: str  # what the event was: created, edited, tokenizer-changed, …
    at: str
    by: str  # labeler id of who did it, or `system`
    labels: tuple[Label, ...]
    guidelines: str  # Markdown
    guideline_version: int
    tokenizer: TokenizerId
    gates: Gates
    redundancy: int = 1  # independent annotations wanted per task
    order: str = "oldest"  # oldest, newest, random, score
    hidden_share: float = 0.0  # share of posts whose suggestions are hidden, 0 to 1
    suggester: str = "none"  # none, gazetteer
    redundancy_share: float = 1.0  # share of posts that `redundancy` labelers get, 0 to 1; the others go to one
    gold_rate: float = 0.0  # share of a labeler's posts that are decided already, 0 to 1: it measures how they do
    pass_agreed: bool = False  # a post on which all who labelled it agree becomes gold by itself
    members: tuple[str, ...] = ()  # ids of the labelers who may label here; empty: all
    operations: tuple[Json, ...] = ()  # changes of the label set after labelling began, oldest first, each with its `n`
    extra: Json = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: object) -> Self:
        data = _open(value, cls.SCHEMA)
        return cls(
            _take(data, "project", str),
            _take(data, "name", str),
            _take(data, "n", int),
            _take(data, "kind", str),
            _take(data, "at", str),
            _take(data, "by", str),
            tuple(Label.from_json(one) for one in _objects(data, "labels")),
            _take(data, "guidelines", str),
            _take(data, "guideline_version", int),
            TokenizerId.from_json(_take(data, "tokenizer", dict)),
            Gates.from_json(_take(data, "gates", dict)),
            _take(data, "redundancy", int),
            _take(data, "order", str),
            _take(data, "hidden_share", float),
            _take(data, "suggester", str),
            _optional(data, "redundancy_share", 1.0),
            _optional(data, "gold_rate", 0.0),
            _optional(data, "pass_agreed", False),
            tuple(_optional(data, "members", [])),
            tuple(_objects(data, "operations") if "operations" in data else ()),
            data,
        )

    def to_json(self) -> Json:
        return {
            **self.extra,
            "schema": self.SCHEMA,
            "project": self.project,
            "name": self.name,
            "n": self.n,
            "kind": self.kind,
            "at": self.at,
            "by": self.by,
            "labels": [one.to_json() for one in self.labels],
            "guidelines": self.guidelines,
            "guideline_version": self.guideline_version,
            "tokenizer": self.tokenizer.to_json(),
            "gates": self.gates.to_json(),
            "redundancy": self.redundancy,
            "order": self.order,
            "hidden_share": self.hidden_share,
            "suggester": self.suggester,
            # Only where they say something: what was written before they existed stays as it is.
            **({"redundancy_share": self.redundancy_share} if self.redundancy_share != 1 else {}),
            **({"gold_rate": self.gold_rate} if self.gold_rate else {}),
            **({"pass_agreed": True} if self.pass_agreed else {}),
            **({"members": list(self.members)} if self.members else {}),
            **({"operations": list(self.operations)} if self.operations else {}),
        }


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
        data = _open(value, cls.SCHEMA)
        return cls(
            _take(data, "project", str),
            _take(data, "post_id", str),
            _take(data, "revision", str),
            _take(data, "preparation", str),
            _take(data, "labeler", str),
            _take(data, "n", int),
            _take(data, "kind", str),
            tuple(Span.from_json(one) for one in _objects(data, "spans")),
            TokenizerId.from_json(_take(data, "tokenizer", dict)),
            _take(data, "settings", int),
            _take(data, "guideline_version", int),
            _take(data, "started_at", str),
            _take(data, "submitted_at", str),
            _take(data, "active_seconds", float),
            _take(data, "second_opinion", bool),
            _take(data, "reason", str),
            _take(data, "comment", str),
            _take(data, "flagged", bool),
            _take(data, "suggestions", dict),
            _take(data, "trace_id", str),
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
        data = _open(value, cls.SCHEMA)
        return cls(
            _take(data, "project", str),
            _take(data, "post_id", str),
            _take(data, "revision", str),
            _take(data, "preparation", str),
            _take(data, "n", int),
            _take(data, "by", str),
            tuple(Span.from_json(one) for one in _objects(data, "spans")),
            TokenizerId.from_json(_take(data, "tokenizer", dict)),
            _take(data, "settings", int),
            _take(data, "guideline_version", int),
            _take(data, "decided_at", str),
            _take(data, "comment", str),
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
