"""A job, its owner, and the messages about them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Self

from pipeline.schema.reading import Json, Record, SchemaError, shown

UPLOADING, PENDING, RUNNING, COMPLETED = "UPLOADING", "PENDING", "RUNNING", "COMPLETED"
FAILED, CANCELLED, DELETING = "FAILED", "CANCELLED", "DELETING"
ARCHIVING, ARCHIVED, THAWING = "ARCHIVING", "ARCHIVED", "THAWING"
STATES = (
    UPLOADING, PENDING, RUNNING, COMPLETED, FAILED, CANCELLED, ARCHIVING, ARCHIVED, THAWING, DELETING,
)  # fmt: skip
FREE, PREMIUM = "free", "premium"

_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"  # base 32 without letters that look like digits
ID_LENGTH = 20


def job_id(now: datetime, random: str = "") -> str:
    """20 characters that sort by time: milliseconds, then `random` (ten of the same alphabet, or drawn)."""
    random = random or "".join(secrets.choice(_DIGITS) for _ in range(10))
    left, parts = int(now.timestamp() * 1000), []
    for _ in range(10):
        left, digit = divmod(left, 32)
        parts.append(_DIGITS[digit])
    return "".join(reversed(parts)) + random


@dataclass(frozen=True, slots=True)
class Job(Record):
    """One submitted file and what became of it. Times are RFC 3339 in UTC; empty where they have not come."""

    SCHEMA: ClassVar[str] = "job/1"
    DEFAULTS: ClassVar[bool] = True

    user: str  # opaque id of its owner
    id: str
    state: str
    since: str  # when this state began
    version: int  # counts writes: what a conditional write compares
    created_at: str
    annotator: str
    file_name: str  # as the user called it, never part of a key
    format: str  # txt, csv, jsonl, or one of these and .gz
    options: Mapping[str, str] = field(default_factory=dict)  # option → key in the jobs bucket, or project
    sees_all: bool = False  # its owner may see the labels of all projects: checked when it is opened
    form_until: str = ""  # until when an upload of its input may still come
    size: int = 0  # bytes of the input, once confirmed
    etag: str = ""  # of the input as confirmed: what a worker reads must be that
    attempt: int = 0  # counts takes; files are written under it
    strikes: int = 0  # attempts that ended without an answer
    worker: str = ""
    heartbeat_at: str = ""
    rows_done: int = 0
    rows_total: int = 0
    result: int = 0  # the attempt whose bundle is the result
    summary: Mapping[str, Any] = field(default_factory=dict)
    reason: str = ""  # of FAILED, for its owner to read
    finished_at: str = ""
    queued_at: str = ""  # when a worker was last asked for
    announced_at: str = ""  # when all that follows the end was done and told
    keep_until: str = ""  # of a result on the free plan
    archived_at: str = ""
    thaw_tier: str = ""  # Expedited or Standard, once asked
    restores: int = 0  # counts returns from the archive
    mails: Mapping[str, str] = field(default_factory=dict)  # event → claimed, sent, unknown or refused
    events: tuple[Json, ...] = ()  # its newest transitions: at, event, state after, attempt, detail
    trace_id: str = ""
    extra: Json = field(default_factory=dict, compare=False)

    @property
    def prefix(self) -> str:
        """Everything of this job lies under it, in the jobs bucket."""
        return f"jobs/{self.user}/{self.id}/"

    @property
    def input_key(self) -> str:
        return f"{self.prefix}0/input.{self.format}"

    def key(self, attempt: int, name: str) -> str:
        return f"{self.prefix}{attempt}/{name}"

    @property
    def bundle_key(self) -> str:
        return self.key(self.result, "bundle.zip")

    @property
    def log_key(self) -> str:
        return self.key(self.result or self.attempt, "log.txt")


@dataclass(frozen=True, slots=True)
class Owner:
    """What Lambdas must know of a user, copied from the application's database. `n` counts its changes."""

    user: str
    n: int
    plan: str  # free, premium
    email: str


@dataclass(frozen=True, slots=True)
class Doubt:
    """A mail of which nobody knows whether it was sent: an admin decides."""

    user: str
    job: str
    event: str


@dataclass(frozen=True, slots=True)
class JobMessage(Record):
    """A message about a job: job-requested/1, job-ended/1, job-retire/1; of an owner: plan-changed/1 (no job)."""

    DEFAULTS: ClassVar[bool] = True

    schema: str
    user: str
    job: str = ""
    event: str = ""  # of job-ended: completed, failed, restored
    extra: Json = field(default_factory=dict, compare=False)

    @classmethod
    def read(cls, value: object, schema: str) -> Self:
        """Raises `SchemaError` for a message of another schema, or of nobody."""
        found = cls.from_json(value)
        if found.schema != schema:
            raise SchemaError(f"field 'schema': given {shown(found.schema)}, allowed: {schema!r}")
        if not found.user:
            raise SchemaError("field 'user': given '', allowed: the id of a user")
        return found


REQUESTED, ENDED, RETIRE, PLAN_CHANGED = (
    "job-requested/1", "job-ended/1", "job-retire/1", "plan-changed/1",
)  # fmt: skip
