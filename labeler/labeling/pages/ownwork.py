"""My work: what a labeler did today, what reviewers sent back, and own answers, to be found and given anew."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import Q
from django.http import QueryDict

from labeler.accounts.models import User
from labeler.labeling.handout.membership import may_label
from labeler.labeling.models import Annotation, LabeledSpan, SentBack, Task
from labeler.labeling.pages import work

PAGE = 50


def context(labeler: User, asked: QueryDict) -> dict[str, Any]:
    """`asked`: `q` (words of titles and spans), `page`. What was sent back is no result of a search."""
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
    return {
        "q": words,
        "answers": Paginator(mine, PAGE).get_page(asked.get("page")),
        "today": work.today(labeler),
        "returned": [] if words else _returned(labeler),
    }


def _returned(labeler: User) -> list[SentBack]:
    """Answers that wait to be given anew, in the order in which they come on the token page."""
    sent = SentBack.objects.filter(labeler=labeler, answer__isnull=True).exclude(task__state=Task.State.DELETED)
    found = sent.select_related("task__post", "project", "annotation").order_by("id")
    return [one for one in found if may_label(one.project, labeler)]
