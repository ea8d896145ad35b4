"""The inbox: prepared posts drained from SQS into tasks. A message is deleted only after its post is committed."""

import logging
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import groupby

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from labeler.labeling import projects
from labeler.labeling.intake import revisions
from labeler.labeling.models import Post, Project
from labeler.services import Cloud, cloud
from pipeline import messages
from pipeline.failures import keep_reason
from pipeline.ports import ObjectMissing, Received, StoreUnavailable
from pipeline.schema import PostEnded, PostReady, SchemaError, open_ended

log = logging.getLogger(__name__)

TOP_UP = 20  # posts taken in while a labeler waits


def top_up() -> int:
    """Takes a few posts in while a page waits; returns how many messages came. Never raises for a queue away."""
    try:
        return drain(TOP_UP).total()
    except StoreUnavailable as error:
        log.warning("the inbox is not filled: %s", error)
        return 0


def drain(most: int | None = None, progress: Callable[[int], object] = lambda _: None) -> "Counter[str]":
    """Takes up to `most` posts out of the queue, all that it shows with None.

    Counts outcomes: those of `revisions.take_all`; `unreadable`, whose messages go to the dead-letter queue; and
    `unknown project`, whose messages come again, and go there in the end.
    Raises `StoreUnavailable` when the queue is away.
    """
    away, outcomes = cloud(), Counter[str]()
    while most is None or outcomes.total() < most:
        received = away.inbox.receive(10 if most is None else min(10, most - outcomes.total()))
        if not received:
            break
        done = _take(away, received, outcomes)
        away.inbox.delete(done)
        progress(len(received))
    return outcomes


def _take(away: Cloud, received: Sequence[Received], outcomes: "Counter[str]") -> list[str]:
    """Commits what can be read; returns the receipts of messages that are done with."""
    read: list[tuple[str, PostReady | PostEnded, Received]] = []
    for message in received:
        try:
            opened = _open(away, message.body)
            read.append((opened.project if isinstance(opened, PostEnded) else opened.post.project, opened, message))
        except (ValueError, ValidationError, ObjectMissing) as error:
            outcomes["unreadable"] += 1
            away.bury("labeling", message, error)
    done: list[str] = []
    read.sort(key=lambda one: one[0])
    for slug, posts in groupby(read, key=lambda one: one[0]):
        project = projects.find(slug)
        if project is None:
            lost = [message for _, _, message in posts]
            outcomes["unknown project"] += len(lost)
            log.error("%d messages are of the project %r, which does not exist", len(lost), slug)
            for message in lost:
                unknown = LookupError(f"the project {slug!r} does not exist")
                keep_reason(away.posts, message, "labeling", unknown, timezone.now())
            continue
        batch = list(posts)
        with transaction.atomic():
            # Another drain of this project waits here; FOR NO KEY lets submits, which refer to it, go on.
            project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
            taken = revisions.take_all(project, [one for _, one, _ in batch if isinstance(one, PostReady)])
            if ended := [one for _, one, _ in batch if isinstance(one, PostEnded)]:
                taken += revisions.note_endings(project, ended)
        outcomes.update(taken)
        done += [message.receipt for _, _, message in batch]
    return done


def _open(away: Cloud, body: str) -> PostReady | PostEnded:
    value = messages.value(away.posts, body)
    if value.get("schema") == PostEnded.SCHEMA:
        return open_ended(value)
    ready = PostReady.from_json(value)
    ranges = ready.tokens.ranges()
    if ranges and ranges[-1][1] > len(ready.post.text):
        raise SchemaError(f"field 'steps': given a token that ends at {ranges[-1][1]}, allowed: {len(ready.post.text)}")
    # Here, since a value that the database refuses would take the whole batch down with it.
    Post.of_message(Project(), ready).clean_fields(exclude=["project", "suggested"])
    return ready
