"""What reviewers and admins did, made again from the events in S3, one after another."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from labeler import record_store
from labeler.accounts import account_names
from labeler.accounts.models import User
from labeler.adjudication import post_actions, review_events
from labeler.adjudication.models import Gold, ReviewEvent, Ruling
from labeler.labeling.models import Annotation, Project, SentBack, Task
from labeler.reconciliation import CHUNK, Progress, differences
from labeler.services import cloud
from pipeline.schema import ReviewEvent as Record
from pipeline.schema import SchemaError

log = logging.getLogger(__name__)

AT_ONCE = 500  # posts looked up at a time


class EventPart:
    """After the answers and decisions, since an action is done to posts as they are."""

    def rebuild(self, project: Project, progress: Progress) -> "Counter[str]":
        counts: Counter[str] = Counter()
        while record_store.sweep(ReviewEvent)[0]:
            pass  # what waits may have to give way to numbers that are taken
        known = set(ReviewEvent.objects.filter(project=project).values_list("n", flat=True))
        for listed in cloud().labels.list(f"reviews/{project.slug}/"):
            number = listed.key.rpartition("/")[2].removesuffix(".json")
            if number.isdecimal() and int(number) in known:
                continue
            try:
                record = Record.from_json(json.loads(cloud().labels.get(listed.key).body))
                if record.key != listed.key or record.kind not in ReviewEvent.Kind.values:
                    raise SchemaError(f"given the event {record.key}, {record.kind}, allowed: {listed.key}")
                with transaction.atomic():
                    replay(project, record)
            except (ValueError, KeyError, TypeError) as error:
                counts["unreadable"] += 1
                log.error("%s is passed over: %r", listed.key, error)
                continue
            counts["review events"] += 1
            progress(1)
        return counts

    def differences(self, project: Project, progress: Progress) -> Iterator[str]:
        rows = ReviewEvent.objects.filter(project=project).select_related("project").order_by("pk")
        found = ((row.record().key, record_store.body(row), row.stored_at is not None) for row in rows.iterator(CHUNK))
        return differences(cloud().labels, f"reviews/{project.slug}/", found, progress)


def replay(project: Project, record: Record) -> None:
    """Makes the row of an event and does what it says. Posts that the archive lacks are passed over."""
    about, at = record.about, datetime.fromisoformat(record.at)
    row = ReviewEvent.objects.create(
        project=project,
        n=record.n,
        kind=record.kind,
        at=at,
        by=record.by,
        why=record.why,
        about=about,
        extra=record.extra,
        stored_at=timezone.now(),
    )
    if act := post_actions.BY_EVENT.get(record.kind):
        tasks = _tasks(project, about["posts"])
        review_events.touch(row, tasks)
        act(tasks, person(about["labeler"]) if about.get("labeler") else None)
    elif record.kind == ReviewEvent.Kind.SENT_BACK:
        _send_back(project, record, at)
    elif record.kind == ReviewEvent.Kind.RULED:
        _rule(project, record, at)
    else:
        Ruling.objects.filter(key=about["ruling"]).update(undone_at=at)


def person(labeler_id: str) -> User:
    """The account of this id; where it is not known, one without a password that nobody can use."""
    defaults = {"username": f"{account_names.UNNAMED}{labeler_id}", "is_active": False}
    return User.objects.get_or_create(labeler_id=labeler_id, defaults=defaults)[0]


def _tasks(project: Project, pairs: list[list[str]]) -> list[int]:
    found: list[int] = []
    for at in range(0, len(pairs), AT_ONCE):
        wanted = {(post_id, revision) for post_id, revision in pairs[at : at + AT_ONCE]}
        rows = Task.objects.filter(project=project, post__post_id__in={post_id for post_id, _ in wanted})
        places = rows.values_list("pk", "post__post_id", "post__revision")
        found += [pk for pk, post_id, revision in places if (post_id, revision) in wanted]
    return found


def _send_back(project: Project, record: Record, at: datetime) -> None:
    (post_id, revision), n = record.about["post"], record.about["n"]
    rows = Annotation.objects.filter(
        project=project,
        task__post__post_id=post_id,
        task__post__revision=revision,
        labeler__labeler_id=record.about["labeler"],
    )
    sent = rows.filter(n=n).first()
    if sent is None:
        log.warning("%s: the answer that it sends back is not there", record.key)
        return
    answer = rows.filter(n__gt=n).exclude(kind=Annotation.Kind.WITHDRAWN).order_by("n").first()
    SentBack.objects.create(
        project=project,
        task_id=sent.task_id,
        labeler_id=sent.labeler_id,
        annotation=sent,
        by=person(record.by),
        at=at,
        comment=record.why,
        answer=answer,
    )


def _rule(project: Project, record: Record, at: datetime) -> None:
    about = record.about
    settled = Gold.objects.filter(project=project, extra__ruling=about["ruling"]).count()
    fields = {"phrase": about["phrase"], "label": about["label"], "why": record.why, "settled": settled}
    Ruling.objects.create(project=project, key=about["ruling"], by=person(record.by), at=at, **fields)
