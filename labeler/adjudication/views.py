"""The queue of disputes and the page that decides one, for reviewers."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from labeler.accounts.access import allow
from labeler.adjudication import compared_answers as of_task
from labeler.adjudication import decisions, dispute_page, dispute_queue
from labeler.adjudication.models import Comparison
from labeler.labeling.models import Project, Task
from labeler.labeling.pages.forms import body, text
from pipeline.errors import InvalidInput


@require_GET
@allow("reviewer")
def home(request: HttpRequest) -> HttpResponse:
    """Projects, with what is in dispute in each."""
    states = Comparison.State
    rows = [
        {
            "project": project,
            "disputed": dispute_queue.counted(project, states.DISPUTED),
            "sent_back": dispute_queue.counted(project, states.SENT_BACK),
            "agreed": dispute_queue.counted(project, states.AGREED),
            "today": dispute_queue.decided_today(project, request.user),
        }
        for project in Project.objects.all()
    ]
    return render(
        request, "adjudication/home.html", {"here": "review", "rows": rows, "most": dispute_queue.MOST_COUNTED}
    )


@require_GET
@allow("reviewer")
def next_dispute(request: HttpRequest, slug: str) -> HttpResponse:
    """Goes to the next dispute, or says that there is none. `after`: one left undecided."""
    project = get_object_or_404(Project, slug=slug)
    after = request.GET.get("after", "")
    left = int(after) if after.isdecimal() and len(after) < 19 else None
    found = dispute_queue.next_dispute(project, request.user, left)
    if found:
        return redirect("adjudication:dispute", slug, found.task_id)
    return render(request, "adjudication/none.html", {"here": "review", "project": project})


def _task(slug: str, task: int) -> Task:
    return get_object_or_404(Task.objects.select_related("post", "project"), pk=task, project__slug=slug)


@require_GET
@allow("reviewer")
def dispute(request: HttpRequest, slug: str, task: int) -> HttpResponse:
    found = _task(slug, task)
    if comparison := Comparison.objects.filter(task=found).select_related("project").first():
        dispute_queue.hold(comparison, request.user)
    return render(request, "adjudication/dispute.html", dispute_page.context(found, request.user))


@require_POST
@allow("reviewer")
def decide(request: HttpRequest, slug: str, task: int) -> JsonResponse:
    """Saves a decision: `spans`, `why`, and the state it was made upon. 409 with words when that is gone."""
    found = _task(slug, task)
    try:
        given = body(request)
        spans, seen, after = given.get("spans"), given.get("seen"), given.get("after")
        if not isinstance(spans, list):
            raise InvalidInput("spans", spans, "a list")
        if type(seen) is not int or type(after) is not int:
            raise InvalidInput("seen, after", [seen, after], "the numbers the page was given")
        row = decisions.decide(found, spans, request.user.labeler_id, text(given, "why", ""), seen, after)
    except InvalidInput as error:
        return _refused(error)
    except decisions.Overtaken as error:
        newest = max((one.pk for one in of_task.answers(found)), default=0)
        now = {"error": str(error), "after": decisions.newest_gold(found), "seen": newest}
        return JsonResponse(now, status=409)
    return JsonResponse(
        {"n": row.n, "stored": row.stored_at is not None, "next": reverse("adjudication:next", args=[slug])}
    )


@require_POST
@allow("reviewer")
def send_back(request: HttpRequest, slug: str, task: int) -> JsonResponse:
    """Gives the answer `answer` back to its labeler with a `comment`."""
    found = _task(slug, task)
    try:
        given = body(request)
        row = next((one for one in of_task.answers(found) if one.pk == given.get("answer")), None)
        if row is None:
            raise InvalidInput("answer", given.get("answer"), "one of the answers to this post")
        decisions.send_back(row, request.user, text(given, "comment", ""))
    except InvalidInput as error:
        return _refused(error)
    return JsonResponse({"next": reverse("adjudication:next", args=[slug])})


def _refused(error: InvalidInput) -> JsonResponse:
    return JsonResponse({"error": str(error), "field": error.field}, status=400)
