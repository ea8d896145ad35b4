"""Decisions on a post: gold in S3 with who, when, why and what it rests on; of two reviewers at once one wins."""

import logging
import threading
from collections import Counter
from collections.abc import Sequence

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from labeler import record_store
from labeler.accounts.models import User
from labeler.adjudication import comparisons, review_events
from labeler.adjudication import task_annotations as of_task
from labeler.adjudication.models import Comparison, Gold, ReviewEvent
from labeler.labeling.answering.answers import MOST_COMMENT
from labeler.labeling.answering.spans import TokenSpan, of_tokens
from labeler.labeling.models import Annotation, Assignment, Project, SentBack, Task
from labeler.labeling.tasks import transitions
from pipeline.errors import InvalidInput
from pipeline.schema import Span

log = logging.getLogger(__name__)

SYSTEM = "system"
BATCH = 200


class Overtaken(Exception):
    """The post is not as it was when the decision was made: another decision, or another answer, came first."""


def newest_gold(task: Task) -> int:
    """Number of the last decision on a task, 0 when there is none."""
    return Gold.objects.filter(task=task).aggregate(most=Max("n"))["most"] or 0


def decide(
    task: Task,
    spans: Sequence[TokenSpan],
    by: str,
    why: str = "",
    seen: int | None = None,
    after: int | None = None,
    ruling: str | None = None,
    independent: bool = False,
) -> Gold:
    """The next gold of a task. Spans are half-open token ranges.

    `seen`: primary key of the newest answer, and `after`: number of the gold, that the decision was made upon; None:
    whichever there is. `independent`: made without the answers, so that it may measure them. Raises `InvalidInput`,
    `Overtaken`.
    """
    if len(why) > MOST_COMMENT:
        raise InvalidInput("why", f"{len(why)} characters", f"at most {MOST_COMMENT}")
    try:
        more: dict[str, object] = {"basis": []} if independent else {}
        row, rows = _decided(task, spans, by, why, seen, after, {**more, "ruling": ruling} if ruling else more)
    except IntegrityError:  # where the database locks no row, two may have read the same number
        raise Overtaken(_first(task)) from None
    record_store.store(row)
    if len(rows) > 1:
        comparisons.refresh(task)
    return row


def _decided(
    task: Task,
    spans: Sequence[TokenSpan],
    by: str,
    why: str,
    seen: int | None,
    after: int | None,
    more: dict[str, object],
) -> tuple[Gold, list[Annotation]]:
    """The row, and the answers it rests on."""
    with transaction.atomic():
        task = Task.objects.select_related("post", "project").select_for_update(of=("self",)).get(pk=task.pk)
        found = of_tokens(task.post.ranges(), spans, [one.name for one in task.project.settings.labels])
        last = newest_gold(task)
        if after is not None and last != after:
            raise Overtaken(_first(task))
        rows = of_task.answers(task)
        if seen is not None and max((row.pk for row in rows), default=0) > seen:
            raise Overtaken("Somebody has answered this post anew meanwhile. Look at it once more.")
        return _record(task, found, by, why, last, rows, more), rows


def _first(task: Task) -> str:
    other = Gold.objects.filter(task=task).order_by("-n").first()
    if other is None:
        return "This post was decided meanwhile."
    name = User.objects.filter(labeler_id=other.by).values_list("username", flat=True).first() or other.by
    when = f"{name} decided this post at {other.decided_at:%H:%M}, before you."
    return f"{when} Yours is not saved: submit again to overrule it."


def _record(
    task: Task, spans: Sequence[Span], by: str, why: str, last: int, rows: Sequence[Annotation], more: dict[str, object]
) -> Gold:
    Gold.objects.filter(task=task, current=True).update(current=False)
    transitions.decide(task.pk, not more.get("withdrawn"))
    settings, post = task.project.settings, task.post
    return Gold.objects.create(
        project=task.project,
        task=task,
        n=last + 1,
        current=not more.get("withdrawn"),
        by=by,
        decided_at=timezone.now(),
        comment=why,
        settings_event=settings.n,
        guideline_version=settings.guideline_version,
        preparation=post.preparation,
        tokenizer=post.tokenizer.to_json(),
        spans=[one.to_json() for one in spans],
        extra={"basis": [row.record().key for row in rows], **more},
    )


def withdraw(task: Task, by: str, why: str) -> Gold | None:
    """Takes the standing decision back, as the next one, which says so; None when none stands."""
    with transaction.atomic():
        task = Task.objects.select_related("post", "project").select_for_update(of=("self",)).get(pk=task.pk)
        standing = Gold.objects.filter(task=task, current=True).first()
        if standing is None:
            return None
        rows = of_task.answers(task)
        row = _record(task, [], by, why, newest_gold(task), rows, {"withdrawn": True})
    record_store.store(row)
    comparisons.compare_all([task.pk])
    return row


def send_back(row: Annotation, by: User, comment: str) -> SentBack:
    """Gives an answer back to its labeler with a comment. Raises `InvalidInput`."""
    if not comment.strip():
        raise InvalidInput("comment", comment, "some words for the labeler")
    if len(comment) > MOST_COMMENT:
        raise InvalidInput("comment", f"{len(comment)} characters", f"at most {MOST_COMMENT}")
    if not row.labeler.is_active or not Assignment.objects.filter(task=row.task, labeler=row.labeler).exists():
        raise InvalidInput("answer", row.pk, "the answer of an active labeler who holds a place on the post")
    words, event = comment.strip(), None
    with transaction.atomic():
        sent, new = SentBack.objects.get_or_create(
            task=row.task,
            labeler=row.labeler,
            answer=None,
            defaults={"project": row.project, "annotation": row, "by": by, "comment": words},
        )
        if new:
            post = [row.task.post.post_id, row.task.post.revision]
            about = {"post": post, "labeler": row.labeler.labeler_id, "n": row.n}
            event = review_events.record(row.project, ReviewEvent.Kind.SENT_BACK, by.labeler_id, words, about)
    if event:
        record_store.store(event)
    Comparison.objects.filter(task=row.task).update(state=Comparison.State.SENT_BACK, reviewer=None, held_until=None)
    return sent


def pass_agreed(stopping: threading.Event) -> "Counter[str]":
    """Makes gold of what all agree on, in projects that say so."""
    counts: Counter[str] = Counter()
    for project in Project.objects.all():
        if not project.settings.pass_agreed:
            continue
        while not stopping.is_set():
            agreed = Comparison.objects.filter(project=project, state=Comparison.State.AGREED)
            batch = list(agreed.select_related("task").order_by("pk")[:BATCH])
            for one in batch:
                counts["posts passed"] += _pass(one)
            if len(batch) < BATCH:
                break
    return +counts


def _pass(one: Comparison) -> bool:
    """False where a person has to look: at a label whose split is open, or a span off the edges of tokens."""
    rows = of_task.answers(one.task)
    spans = of_task.tokens(rows[0]) if rows and rows[0].kind == Annotation.Kind.LABELS else []
    try:
        if not of_task.on_edges(rows):
            raise InvalidInput("spans", "some", "on the edges of tokens")
        decide(one.task, spans, SYSTEM, "all labelers agree", one.newest)
    except (InvalidInput, Overtaken) as error:
        log.info("%s does not pass by itself: %s", one.task.post, error)
        Comparison.objects.filter(pk=one.pk, newest=one.newest, state=Comparison.State.AGREED).update(
            state=Comparison.State.DISPUTED
        )
        return False
    return True
