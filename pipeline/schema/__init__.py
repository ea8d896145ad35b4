"""The words on the wire: every message and stored object, frozen and versioned, to and from JSON values.

Each has a `SCHEMA` (name/version). Reading refuses an unknown version or a missing or ill-typed field with
`SchemaError`, and keeps unknown fields in `extra` so that a newer writer's additions survive an older reader.
Times are RFC 3339 in UTC with microseconds (`2026-01-31T09:30:00.000000Z`), so that they sort as text.
"""

from pipeline.schema.annotation import Annotation, Gold, Proposal, PushedSuggestions, annotation_key, gold_key
from pipeline.schema.post import (
    Details,
    Handoff,
    PostEnded,
    PostReady,
    PostRefused,
    PostScraped,
    Raw,
    Salary,
    open_ended,
    post_id,
)
from pipeline.schema.project import Gates, Label, ProjectSettings
from pipeline.schema.reading import Json, SchemaError, timestamp
from pipeline.schema.review import AuditRecord, ReviewEvent
from pipeline.schema.spans import Span, Suggestion, TokenizerId, Tokens

__all__ = [
    "Annotation",
    "AuditRecord",
    "Details",
    "Gates",
    "Gold",
    "Handoff",
    "Json",
    "Label",
    "PostEnded",
    "PostReady",
    "PostRefused",
    "PostScraped",
    "ProjectSettings",
    "Proposal",
    "PushedSuggestions",
    "Raw",
    "ReviewEvent",
    "Salary",
    "SchemaError",
    "Span",
    "Suggestion",
    "TokenizerId",
    "Tokens",
    "annotation_key",
    "gold_key",
    "open_ended",
    "post_id",
    "timestamp",
]
