"""What goes in and comes out, with examples for the reference page."""

from typing import Any, ClassVar, Literal

from ninja import Field, Schema
from pydantic import ConfigDict, field_validator

from pipeline.schema import Json

POST_ID = "3k2vqz7yk5jwq3v2m4n6p7r2ab"
MOST_ITEMS = 500


class Out(Schema):
    """Of `items`, the next page begins `after` the value of `next`; null at the end."""

    items: list[Json]
    next: str | None


class In(Schema):
    model_config = ConfigDict(extra="forbid")

    @field_validator("*")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """PostgreSQL takes no NUL in a text; the parser has refused whatever else cannot be stored."""
        texts = value if isinstance(value, list | dict) else [value]
        if any(isinstance(one, str) and "\0" in one for one in texts):
            raise ValueError("Text without NUL (U+0000)")
        return value


class TokenSpan(In):
    """A half-open range of tokens with a label."""

    first: int = Field(ge=0, le=1_000_000)
    last: int = Field(ge=1, le=1_000_000, description="the token after the last one")
    label: str = Field(max_length=100)


class Submit(In):
    """An answer to a leased post. The same `key` again gives the same result."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "token": "the token that `next` gave",
                "key": "a-key-of-mine-1",
                "kind": "labels",
                "spans": [{"first": 3, "last": 5, "label": "Skill"}],
            }
        },
    )

    token: str = Field(max_length=500)
    key: str = Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")
    kind: Literal["labels", "skip"] = "labels"
    spans: list[TokenSpan] = Field(default=[], max_length=MOST_ITEMS)
    reason: str = Field(default="", max_length=40)
    comment: str = Field(default="", max_length=5000)
    flagged: bool = False
    active_seconds: float = Field(default=0, ge=0, le=86_400, allow_inf_nan=False)


class Decide(In):
    """The decided answer to a post."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"spans": [{"first": 3, "last": 5, "label": "Skill"}]}}
    )

    revision: str = Field(default="", max_length=64, description="of the text; the current one by default")
    spans: list[TokenSpan] = Field(default=[], max_length=MOST_ITEMS)
    comment: str = Field(default="", max_length=5000)


class Suggested(In):
    """A proposed range of the text, in code points."""

    start: int = Field(ge=0, le=10_000_000)
    end: int = Field(ge=1, le=10_000_000)
    label: str = Field(max_length=100)
    score: float = Field(default=1.0, ge=0, le=1, allow_inf_nan=False)


class SuggestedPost(In):
    post_id: str = Field(max_length=26)
    revision: str = Field(default="", max_length=64, description="the current text by default")
    spans: list[Suggested] = Field(max_length=MOST_ITEMS)


class Suggest(In):
    """Suggestions of one program; they take the place of those it made before."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "by": "my-model-3",
                "posts": [{"post_id": POST_ID, "spans": [{"start": 14, "end": 20, "label": "Role", "score": 0.9}]}],
            }
        },
    )

    by: str = Field(pattern=r"^[A-Za-z0-9._-]{1,60}$")
    posts: list[SuggestedPost] = Field(max_length=MOST_ITEMS)


class BuildRelease(In):
    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"licence": "CC-BY-4.0", "formats": ["jsonl", "parquet"]}}
    )

    formats: list[str] = Field(default=["jsonl", "conll", "docbin", "parquet"], max_length=20)
    unit: Literal["source", "word", "piece"] = "word"
    shares: dict[str, float] = {"train": 0.8, "validation": 0.1, "test": 0.1}
    seed: int = Field(default=1, ge=0, le=2_147_483_647)
    licence: str = Field(default="unknown", max_length=200)
    languages: list[str] = Field(default=[], max_length=100)
    sources: list[str] = Field(default=[], max_length=100)
    gold: bool = False


class ProblemOut(Schema):
    """RFC 9457."""

    type: str
    title: str
    status: int
    detail: str
    errors: list[dict[str, str]] = []
