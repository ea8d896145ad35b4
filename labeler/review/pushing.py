"""Suggestions that a program pushes: an object of record each time, and the posts that show them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from django.utils import timezone

from labeler.cloud import cloud
from labeler.labeling.models import Post, Project
from labeler.review.models import Pushed
from pipeline.ports import ObjectExists
from pipeline.schema import SchemaError, Suggestion

SCHEMA = "pushed/1"
AT_ONCE = 200  # posts in one statement

Proposed = Sequence[tuple[Post, Sequence[Suggestion]]]


def push(project: Project, by: str, proposed: Proposed) -> None:
    """Stores what is proposed and shows it, in the caller's transaction: kept first, so that nothing is shown that a
    rebuild would not show. Raises `StoreUnavailable`."""
    if not proposed:
        return
    now = timezone.now()
    posts = [
        {"post_id": post.post_id, "revision": post.revision, "spans": [one.to_json() for one in found]}
        for post, found in proposed
    ]
    record = {"schema": SCHEMA, "project": project.slug, "by": by, "at": now.isoformat(), "posts": posts}
    body = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    key = f"{prefix(project)}{now:%Y%m%dT%H%M%S.%fZ}-{hashlib.sha256(body).hexdigest()[:16]}.json"
    with suppress(ObjectExists):  # the very same, stored before an answer was lost
        cloud().labels.put_new(key, body)
    note(project, key, by, proposed)


def note(project: Project, key: str, by: str, proposed: Proposed) -> None:
    """What `push` does in the database: suggestions take the place of those the same program made before."""
    Pushed.objects.create(project=project, key=key, by=by, posts=len(proposed))
    for post, found in proposed:
        kept = [one for one in post.suggestions if one.by != by]
        both = sorted([*kept, *found], key=lambda one: (one.start, one.end, one.label))
        post.suggested = [one.to_json() for one in both]
    Post.objects.bulk_update([post for post, _ in proposed], ["suggested"], batch_size=AT_ONCE)


def read(project: Project, body: bytes) -> tuple[str, Proposed, int]:
    """Who proposed, what for posts that are there, and for how many that are not. Raises ValueError."""
    record = json.loads(body)
    if not isinstance(record, dict) or record.get("schema") != SCHEMA or record.get("project") != project.slug:
        raise SchemaError(f"given {body[:80]!r}, allowed: {SCHEMA} of {project.slug}")
    try:
        wanted = {(one["post_id"], one["revision"]): one["spans"] for one in record["posts"]}
        spans = {place: [Suggestion.from_json(span) for span in found] for place, found in wanted.items()}
        by = str(record["by"])
    except (KeyError, TypeError) as error:
        raise SchemaError(f"field {error}: allowed: as in {SCHEMA}") from error
    proposed = [(post, spans[place]) for place, post in _there(project, wanted).items()]
    return by, proposed, len(wanted) - len(proposed)


def prefix(project: Project) -> str:
    return f"suggestions/{project.slug}/"


def _there(project: Project, wanted: Mapping[tuple[str, str], Any]) -> dict[tuple[str, str], Post]:
    found = {}
    ids = sorted({post_id for post_id, _ in wanted})
    for rows in (posts_of(project, ids[at : at + AT_ONCE]) for at in range(0, len(ids), AT_ONCE)):
        for post in rows:
            if (post.post_id, post.revision) in wanted:
                found[post.post_id, post.revision] = post
    return found


def posts_of(project: Project, ids: Iterable[str]) -> Iterable[Post]:
    """All texts of these posts, without what suggestions do not need, the newest last."""
    rows = Post.objects.filter(project=project, post_id__in=list(ids)).select_related("task")
    return rows.defer("packed_steps", "packed_words", "extra", "raw").order_by("fetched_at", "pk")
