"""My work: what a labeler did today, what reviewers sent back, and own answers, to be found and given anew."""

from typing import Any

from django.db.models import Q
from django.http import QueryDict

from labeler.accounts.models import User
from labeler.labeling.models import Annotation, LabeledSpan, SentBack, Task
from labeler.labeling.pages import work
from labeler.labeling.tasks.membership import may_label
from labeler.pagination import AFTER, BEFORE, Key, Page

PAGE = 50
NEWEST_FIRST = Key.of(Annotation, ("-submitted_at", "-id"))


def context(labeler: User, asked: QueryDict) -> dict[str, Any]:
    """`asked`: `q` (words of titles and spans), `after` or `before` (the key of a page).

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
    page: Page[Annotation] = NEWEST_FIRST.page(mine, PAGE, asked.get(AFTER, ""), asked.get(BEFORE, ""))
    if not page.rows:  # the answers that this page had stand on others by now
        page = NEWEST_FIRST.page(mine, PAGE)
    return {
        "q": words,
        "answers": page.rows,
        "newer": page.before,
        "older": page.after,
        "today": work.today(labeler),
        "returned": [] if words else _returned(labeler),
    }


def _returned(labeler: User) -> list[SentBack]:
    """Answers that wait to be given anew, in the order in which they come on the token page."""
    sent = SentBack.objects.filter(labeler=labeler, answer__isnull=True).exclude(task__state=Task.State.DELETED)
    found = sent.select_related("task__post", "project", "annotation").order_by("id")
    return [one for one in found if may_label(one.project, labeler)]
