"""Suggestions that a program pushes: an object of record each time, and the posts that show them."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from django.utils import timezone

from labeler.labeling.models import Post, Project, Pushed
from labeler.services import cloud
from pipeline import messages
from pipeline.ports import ObjectExists
from pipeline.schema import Proposal, PushedSuggestions, SchemaError, Suggestion, timestamp

AT_ONCE = 200  # posts in one statement

Proposed = Sequence[tuple[Post, Sequence[Suggestion]]]


def push(project: Project, by: str, proposed: Proposed) -> None:
    """Stores what is proposed and shows it, in the caller's transaction: kept first, so that nothing is shown that a
    rebuild would not show. Raises `StoreUnavailable`."""
    if not proposed:
        return
    now = timezone.now()
    proposals = tuple(Proposal(post.post_id, post.revision, tuple(found)) for post, found in proposed)
    body = messages.dumps(PushedSuggestions(project.slug, by, timestamp(now), proposals).to_json())
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
    record = PushedSuggestions.from_json(messages.loads(body))
    if record.project != project.slug:
        raise SchemaError(f"field 'project': given {record.project!r}, allowed: {project.slug!r}")
    spans = {(one.post_id, one.revision): one.spans for one in record.posts}
    proposed = [(post, spans[place]) for place, post in _there(project, spans).items()]
    return record.by, proposed, len(spans) - len(proposed)


def prefix(project: Project) -> str:
    return f"suggestions/{project.slug}/"


def _there(project: Project, wanted: Mapping[tuple[str, str], object]) -> dict[tuple[str, str], Post]:
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
