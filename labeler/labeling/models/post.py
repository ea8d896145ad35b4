"""A post: one revision of a posting, with the tokens people click."""

import sys
from array import array
from collections.abc import Sequence
from datetime import datetime
from itertools import accumulate
from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property

from labeler.labeling.models.project import Project
from pipeline.schema import PostReady, Suggestion, TokenizerId, Tokens
from pipeline.schema.post import NOTHING_SAID
from pipeline.storable import storable
from pipeline.suggestions import OWN

IMPORTED = "imported"  # the field of an imported post that holds what its file said beside the post's own fields
_WIDTHS = (("B", 1 << 8), ("H", 1 << 16), ("I", 1 << 32))  # type codes of lists of numbers
_SHOWN = ("url", "title", "company", "location", "date_posted")


class Post(models.Model):
    """Never edited by people. The newest `fetched_at` of a (post_id, language) is the current one."""

    project = models.ForeignKey(Project, models.PROTECT, related_name="posts")
    post_id = models.CharField(max_length=26)
    revision = models.CharField(max_length=64)
    preparation = models.CharField(max_length=64)
    source = models.CharField(max_length=200)
    external_id = models.CharField(max_length=500)
    url = models.TextField(blank=True)
    title = models.TextField(blank=True)
    company = models.TextField(blank=True)
    location = models.TextField(blank=True)
    date_posted = models.CharField(max_length=40, blank=True)
    language = models.CharField(max_length=20)
    ended = models.CharField(
        max_length=10,
        blank=True,
        default="",
        db_default="",
        help_text="the day it was last seen, once its posting has ended",
    )
    fetched_at = models.DateTimeField()
    current = models.BooleanField(default=True)
    trace_id = models.CharField(max_length=100, blank=True)
    tokenizer_name = models.CharField(max_length=100)
    tokenizer_version = models.CharField(max_length=100)
    tokenizer_sha256 = models.CharField(max_length=64)
    near = models.BigIntegerField(
        null=True, blank=True, help_text="the first post of those that are nearly the same; null: there is no other"
    )
    # Wide columns last: rows are listed without reading them.
    text = models.TextField()
    packed_steps = models.BinaryField()
    packed_words = models.BinaryField(help_text="differences, so that they fit in bytes")
    suggested = models.JSONField(default=list)
    details = models.JSONField(
        default=dict, db_default={}, blank=True, help_text="what its posting says beside the text"
    )
    raw = models.JSONField(null=True, blank=True, help_text="where the fetched page lies; null: nothing was fetched")
    extra = models.JSONField(default=dict, blank=True, help_text="fields of its message beyond its schema")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "post_id", "revision"], name="post_once"),
            models.UniqueConstraint(
                fields=["project", "post_id", "language"], condition=Q(current=True), name="post_one_current"
            ),
            models.CheckConstraint(condition=~Q(post_id="") & ~Q(revision=""), name="post_has_identity"),
        ]
        indexes = [
            # Lists are in the order of `id`, so each filter has an index that gives its rows in that order.
            models.Index(fields=["language", "id"], name="post_in_language"),
            models.Index(fields=["source", "id"], name="post_of_source"),
            models.Index(fields=["post_id"], name="post_by_id"),
            models.Index(fields=["external_id"], name="post_by_external_id"),
            models.Index(fields=["id"], condition=Q(near__isnull=False), name="post_near"),
            models.Index(fields=["id"], condition=~Q(ended=""), name="post_ended"),
            models.Index(fields=["near", "id"], condition=Q(near__isnull=False), name="post_by_near"),
        ]

    def __str__(self) -> str:
        return self.title or self.post_id

    @property
    def tokenizer(self) -> TokenizerId:
        return TokenizerId(self.tokenizer_name, self.tokenizer_version, self.tokenizer_sha256)

    @property
    def steps(self) -> tuple[int, ...]:
        return tuple(unpack(self.packed_steps))

    @cached_property
    def words(self) -> tuple[int, ...]:
        """For each token the ordinal of its word."""
        return tuple(accumulate(unpack(self.packed_words)))

    @property
    def tokens(self) -> Tokens:
        return Tokens(self.tokenizer, self.steps, self.words)

    def ranges(self) -> list[tuple[int, int]]:
        """The tokens as `[start, end)` code-point ranges of `text`."""
        return self._ranges

    @cached_property
    def _ranges(self) -> list[tuple[int, int]]:
        return self.tokens.ranges()

    @property
    def imported(self) -> dict[str, Any]:
        """What its file said of it beside the post's own fields; empty for what was scraped."""
        return self.extra.get(IMPORTED) or {}

    @property
    def suggestions(self) -> tuple[Suggestion, ...]:
        """All that programs propose; what a labeler may see of them is in the lease."""
        return tuple(Suggestion.from_json(one) for one in self.suggested)

    @classmethod
    def of_message(cls, project: Project, ready: PostReady) -> "Post":
        """An unsaved row for a message of the pipeline. Raises ValueError for a `fetched_at` that is no time."""
        post = ready.post
        fetched_at = datetime.fromisoformat(post.fetched_at)
        if fetched_at.tzinfo is None:
            raise ValueError(f"fetched_at: given {post.fetched_at!r}, allowed: a time with its zone")
        made = cls(
            project=project,
            post_id=post.post_id,
            revision=post.revision,
            source=post.source,
            external_id=post.external_id,
            **{name: getattr(post, name).replace("\0", "") for name in _SHOWN},  # PostgreSQL stores no NUL
            language=post.language,
            fetched_at=fetched_at,
            trace_id=post.trace_id,
            text=post.text,
            raw=post.raw.to_json() if post.raw else None,
            details={} if post.details == NOTHING_SAID else storable(post.details.to_json()),
            extra=post.extra,
        )
        made.prepare(ready)
        return made

    def prepare(self, ready: PostReady) -> None:
        """Takes over what preparing the text gave: tokens and suggestions. What others suggest stays."""
        words = ready.tokens.words
        for name in ("words", "_ranges"):
            self.__dict__.pop(name, None)
        self.preparation = ready.preparation
        self.tokenizer_name = ready.tokens.tokenizer.name
        self.tokenizer_version = ready.tokens.tokenizer.version
        self.tokenizer_sha256 = ready.tokens.tokenizer.sha256
        self.packed_steps = pack(ready.tokens.steps)
        self.packed_words = pack([after - before for before, after in zip((0, *words), words, strict=False)])
        others = [one for one in self.suggestions if one.by not in OWN]
        both = sorted([*ready.suggestions, *others], key=lambda one: (one.start, one.end, one.label))
        self.suggested = [one.to_json() for one in both]


class Ending(models.Model):
    """The newest that was told of a posting's end, whether its posts are here yet or not."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    post_id = models.CharField(max_length=26)
    reason = models.CharField(max_length=10, blank=True, help_text="expired, gone, absent; empty: it is there again")
    last_seen = models.CharField(max_length=10)
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "post_id"], name="ending_once")]

    def __str__(self) -> str:
        return f"{self.post_id}: {self.reason or 'there again'}"


def pack(numbers: Sequence[int]) -> bytes:
    """Numbers from 0 to 2³²-1 as bytes: one type code, then all in the narrowest width that holds them, little-endian.

    A 400-word post's tokens take 2 KB so, against 8 KB as JSON, and unpack in C.
    """
    most = max(numbers, default=0)
    code = next((code for code, limit in _WIDTHS if most < limit), None)
    if code is None:
        raise ValueError(f"number: given {most}, allowed: below {_WIDTHS[-1][1]}")
    return code.encode() + _little(array(code, numbers)).tobytes()


def unpack(stored: bytes | memoryview) -> "array[int]":
    packed = bytes(stored)  # a database may hand a memoryview over
    numbers = array(chr(packed[0]))
    numbers.frombytes(packed[1:])
    return _little(numbers)


def _little(numbers: "array[int]") -> "array[int]":
    if sys.byteorder == "big":
        numbers.byteswap()
    return numbers
