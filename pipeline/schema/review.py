"""What reviewers and admins did to posts beside deciding them."""

from dataclasses import dataclass, field
from typing import ClassVar

from pipeline.schema.reading import Json, Record


@dataclass(frozen=True, slots=True)
class ReviewEvent(Record):
    """Stored as `reviews/{project}/{n}.json` in the labels bucket, never changed; what was undone is another event.

    Read in the order of `n`, the events of a project say which of its posts are closed, assigned or deleted, which
    answers were sent back, and which rulings stand. What `about` holds goes by `kind`:

    - closed, reopened, assigned, unassigned, deleted, restored: `posts`, pairs of (post_id, revision); `labeler` where
      they were assigned to somebody;
    - sent-back: `post` as such a pair, `labeler` and `n` of the annotation;
    - ruled: `ruling`, `phrase`, `label`; undone: `ruling`.
    """

    SCHEMA: ClassVar[str] = "review-event/1"

    project: str
    n: int  # from 1
    kind: str
    at: str
    by: str  # opaque id
    why: str
    about: Json
    extra: Json = field(default_factory=dict)

    @property
    def key(self) -> str:
        # With zeros, so that a bucket lists them in their order.
        return f"reviews/{self.project}/{self.n:09}.json"


@dataclass(frozen=True, slots=True)
class AuditRecord(Record):
    """One entry of the audit log, `audit/{yyyy}/{mm}/{dd}/{id}.json` in the labels bucket, never changed.

    `account`: opaque id of the account it is about, empty where it is about none. Names stand here and nowhere else in
    the bucket.
    """

    SCHEMA: ClassVar[str] = "audit/1"

    id: str
    at: str
    by: str  # opaque id; empty: no logged-in person
    subject: str
    action: str
    account: str
    before: Json
    after: Json
    extra: Json = field(default_factory=dict)

    @property
    def key(self) -> str:
        return f"audit/{self.at[:4]}/{self.at[5:7]}/{self.at[8:10]}/{self.id}.json"
