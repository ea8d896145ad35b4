"""What a labeler has before them: projects with what waits, today's figures, and own answers."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.http import QueryDict
from django.utils import timezone

from labeler.accounts.models import User
from labeler.labeling.models import Annotation, Assignment, LabeledSpan, Project, SentBack, Task
from labeler.labeling.pages.forms import REASON_WORDS
from labeler.labeling.tasks import leases, queue
from labeler.labeling.tasks.membership import may_label
from labeler.pagination import AFTER, BEFORE, Key, Page

MOST_COUNTED = 1000  # a list of a million is not counted for a number nobody reads
OWN_SHOWN = 50
NEWEST_FIRST = Key.of(Annotation, ("-submitted_at", "-id"))


@dataclass(frozen=True, slots=True)
class Row:
    """A project as its labeler sees it. `waiting`: posts they could take now, as text."""

    project: Project
    waiting: str
    today: int
    sent_back: int = 0


@dataclass(frozen=True, slots=True)
class Today:
    """Answers given since midnight. `seconds`: of work, pauses left out."""

    posts: int
    spans: int
    seconds: float

    @property
    def effort(self) -> str:
        minutes = int(self.seconds // 60)
        spent = f"{minutes // 60} h {minutes % 60}" if minutes >= 60 else f"{minutes} min"
        return f"{self.spans} span{'' if self.spans == 1 else 's'} · {spent}"


def projects(labeler: User) -> list[Row]:
    sent = SentBack.objects.filter(labeler=labeler, answer__isnull=True).exclude(task__state=Task.State.DELETED)
    returned = dict(sent.order_by().values_list("project").annotate(Count("id")))
    today = dict(_today(labeler).order_by().values_list("project").annotate(Count("id")))
    rows = []
    for project in Project.objects.all():
        if not may_label(project, labeler):
            continue
        waiting = waiting_in(project, labeler)
        shown = f"{MOST_COUNTED}+" if waiting > MOST_COUNTED else str(waiting or "")
        rows.append(Row(project, shown, today.get(project.pk, 0), returned.get(project.pk, 0)))
    return rows


def waiting_in(project: Project, labeler: User) -> int:
    """Posts they could label now, leased to them or free; counted up to `MOST_COUNTED` + 1."""
    held = Assignment.objects.filter(labeler=labeler, project=project, leased_until__gt=timezone.now()).exclude(
        state=Assignment.State.ANSWERED
    )
    return held.count() + queue.waiting(project, labeler, MOST_COUNTED + 1)


def _midnight() -> datetime:
    return timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)


def _today(labeler: User) -> QuerySet[Annotation]:
    answered = Annotation.objects.filter(labeler=labeler, current=True, submitted_at__gte=_midnight())
    return answered.exclude(kind=Annotation.Kind.WITHDRAWN)


def today(labeler: User, project: Project | None = None) -> Today:
    """In one project, or in all."""
    mine = _today(labeler).filter(project=project) if project else _today(labeler)
    sums = mine.aggregate(posts=Count("id"), seconds=Sum("active_seconds"))
    spans = LabeledSpan.objects.filter(annotation__in=mine).count()
    return Today(sums["posts"], spans, sums["seconds"] or 0)


def goal(done: Today, project: Project, labeler: User) -> int:
    """How many posts make a full bar: those done and what waits, at most a hundred more."""
    return done.posts + min(waiting_in(project, labeler), 100)


def lease_of(answer: Annotation) -> leases.Lease | None:
    """The labeler's live lease on the task of an answer."""
    assignment = (
        Assignment.objects.filter(task=answer.task_id, labeler=answer.labeler_id, token__isnull=False)
        .select_related("task__post")
        .first()
    )
    return leases.Lease(assignment) if assignment else None


def correction(answer: Annotation) -> leases.Lease:
    """What an answer is corrected under. It holds no assignment, for its labeler has one already."""
    return leases.Lease(
        Assignment(task=answer.task, labeler=answer.labeler, token="correction", state=Assignment.State.ANSWERED)  # noqa: S106
    )


def answer_before(withdrawn: Annotation) -> Annotation | None:
    """What a withdrawal took back."""
    own = Annotation.objects.filter(task=withdrawn.task_id, labeler=withdrawn.labeler_id, n__lt=withdrawn.n)
    return own.exclude(kind=Annotation.Kind.WITHDRAWN).order_by("-n").first()


def own_annotations(labeler: User, asked: QueryDict) -> dict[str, Any]:
    """My work: what was done today, what reviewers sent back, and own answers, to be found and given anew.

    `asked`: `q` (words of titles and spans), `after` or `before` (the key of a page).

    What was sent back is no result of a search.
    """
    words = asked.get("q", "").strip()[:100]
    mine = (
        Annotation.objects.filter(labeler=labeler, current=True)
        .exclude(kind=Annotation.Kind.WITHDRAWN)
        .select_related("task__post", "project")
        .order_by("-submitted_at", "-id")
    )
    if words:
        spans = LabeledSpan.objects.filter(annotation__labeler=labeler, words__icontains=words)
        mine = mine.filter(Q(task__post__title__icontains=words) | Q(pk__in=spans.values("annotation")))
    page: Page[Annotation] = NEWEST_FIRST.page(mine, OWN_SHOWN, asked.get(AFTER, ""), asked.get(BEFORE, ""))
    if not page.rows:  # the answers that this page had stand on others by now
        page = NEWEST_FIRST.page(mine, OWN_SHOWN)
    return {
        "q": words,
        "answers": page.rows,
        "reasons": REASON_WORDS.items(),
        "newer": page.before,
        "older": page.after,
        "today": today(labeler),
        "returned": [] if words else _returned(labeler),
    }


def _returned(labeler: User) -> list[SentBack]:
    """Answers that wait to be given anew, in the order in which they come on the token page."""
    sent = SentBack.objects.filter(labeler=labeler, answer__isnull=True).exclude(task__state=Task.State.DELETED)
    found = sent.select_related("task__post", "project", "annotation").order_by("id")
    return [one for one in found if may_label(one.project, labeler)]
