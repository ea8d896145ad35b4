"""Deciding one phrase everywhere: previewed, then applied by the worker; each can be undone."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from labeler.accounts.access import allow
from labeler.adjudication import compared_answers as of_task
from labeler.adjudication import rulings
from labeler.adjudication.models import Comparison, Ruling
from labeler.audit import audit_log
from labeler.labeling.models import Project
from labeler.labeling.pages import guideline, shown
from labeler.worker import commands
from pipeline.errors import InvalidInput

SHOWN, MOST_COUNTED, AROUND = 25, 1000, 60


@require_http_methods(["GET", "POST"])
@allow("reviewer")
def phrases(request: HttpRequest, slug: str) -> HttpResponse:
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
        "title": shown.title(one.task.post),
        "before": text[max(0, start - AROUND) : start],
        "words": text[start:end],
        "after": text[end : end + AROUND],
        "said": ", ".join(sorted(set(said))),
    }


def _has(spans: list[dict[str, int]], text: str, wanted: str) -> bool:
    return any(rulings.folded(text[one["start"] : one["end"]]) == wanted for one in spans)


@require_POST
@allow("reviewer")
def undo(request: HttpRequest, slug: str, ruling: int) -> HttpResponse:
    found = get_object_or_404(Ruling, pk=ruling, project__slug=slug)
    rulings.undo(found, request.user)
    audit_log.record(request.user, f"phrase {found.phrase}", "undone", {"label": found.label}, {})
    commands.send("rulings")
    return redirect("adjudication:phrases", slug)
