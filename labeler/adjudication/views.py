"""For reviewers: the queue of disputes, the page that decides one, and phrases that are decided in all posts."""

from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from labeler.accounts.access import MemberRequest, allow
from labeler.adjudication import decisions, dispute_page, dispute_queue, rulings
from labeler.adjudication import task_annotations as of_task
from labeler.adjudication.models import Comparison, Ruling
from labeler.audit import audit_log
from labeler.labeling import links
from labeler.labeling.models import Project, Task
from labeler.labeling.pages import fragments, guideline
from labeler.labeling.pages.forms import body, text
from labeler.numbers import read_number
from labeler.worker import commands
from pipeline.errors import InvalidInput


@require_GET
@allow("reviewer")
def home(request: MemberRequest) -> HttpResponse:
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
    others = [one for one in links.of_project if one.page != "adjudication:next"]
    context = {"here": "review", "rows": rows, "most": dispute_queue.MOST_COUNTED, "links": others}
    return render(request, "adjudication/home.html", context)


@require_GET
@allow("reviewer")
def next_dispute(request: MemberRequest, slug: str) -> HttpResponse:
    """Goes to the next dispute, or says that there is none. `after`: one left undecided."""
    project = get_object_or_404(Project, slug=slug)
    left = read_number(request.GET.get("after", ""))
    found = dispute_queue.next_dispute(project, request.user, left)
    if found:
        return redirect("adjudication:dispute", slug, found.task_id)
    return render(request, "adjudication/none.html", {"here": "review", "project": project})


def _task(slug: str, task: int) -> Task:
    return get_object_or_404(Task.objects.select_related("post", "project"), pk=task, project__slug=slug)


@require_GET
@allow("reviewer")
def dispute(request: MemberRequest, slug: str, task: int) -> HttpResponse:
    found = _task(slug, task)
    if comparison := Comparison.objects.filter(task=found).select_related("project").first():
        dispute_queue.hold(comparison, request.user)
    return render(request, "adjudication/dispute.html", dispute_page.context(found, request.user))


@require_POST
@allow("reviewer")
def decide(request: MemberRequest, slug: str, task: int) -> JsonResponse:
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
def send_back(request: MemberRequest, slug: str, task: int) -> JsonResponse:
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


SHOWN, MOST_COUNTED, AROUND = 25, 1000, 60


@require_http_methods(["GET", "POST"])
@allow("reviewer")
def phrases(request: MemberRequest, slug: str) -> HttpResponse:
    project = get_object_or_404(Project, slug=slug)
    given = request.POST if request.method == "POST" else request.GET
    phrase, error = given.get("phrase", "").strip(), ""
    if request.method == "POST":
        try:
            made = rulings.rule(project, phrase, given.get("label", ""), request.user, given.get("why", "")[:5000])
        except InvalidInput as refused:
            error = str(refused)
        else:
            audit_log.record(request.user, f"phrase {made.phrase}", "ruled", {}, {"label": made.label, "why": made.why})
            commands.send("rulings")
            return redirect("adjudication:phrases", slug)
    found = rulings.disputed(project, phrase) if phrase else Comparison.objects.none()
    count = found[: MOST_COUNTED + 1].count()
    context = {
        "here": "review",
        "project": project,
        "phrase": phrase,
        "error": error,
        "count": f"over {MOST_COUNTED}" if count > MOST_COUNTED else count,
        "posts": [_preview(one, phrase) for one in found.select_related("task__post").order_by("pk")[:SHOWN]],
        "labels": guideline.labels(project.settings.labels),
        "rulings": Ruling.objects.filter(project=project).select_related("by").order_by("-pk")[:50],
    }
    return render(request, "adjudication/phrases.html", context, status=400 if error else 200)


def _preview(one: Comparison, phrase: str) -> dict[str, object]:
    """Where the phrase stands in a post, and what the answers call it."""
    text, wanted = one.task.post.text, rulings.folded(phrase)
    answers = of_task.answers(one.task)
    spans = [
        (span["start"], span["end"], span["label"])
        for row in answers
        for span in of_task.spans(row)
        if rulings.folded(text[span["start"] : span["end"]]) == wanted
    ]
    start, end = (spans[0][0], spans[0][1]) if spans else (0, 0)
    said = [label for _, _, label in spans]
    said += ["nothing"] * (len(answers) - len({id(row) for row in answers if _has(row.spans, text, wanted)}))
    return {
        "task": one.task_id,
        "title": fragments.title(one.task.post),
        "before": text[max(0, start - AROUND) : start],
        "words": text[start:end],
        "after": text[end : end + AROUND],
        "said": ", ".join(sorted(set(said))),
    }


def _has(spans: list[dict[str, int]], text: str, wanted: str) -> bool:
    return any(rulings.folded(text[one["start"] : one["end"]]) == wanted for one in spans)


@require_POST
@allow("reviewer")
def undo(request: MemberRequest, slug: str, ruling: int) -> HttpResponse:
    found = get_object_or_404(Ruling, pk=ruling, project__slug=slug)
    rulings.undo(found, request.user)
    audit_log.record(request.user, f"phrase {found.phrase}", "undone", {"label": found.label}, {})
    commands.send("rulings")
    return redirect("adjudication:phrases", slug)
