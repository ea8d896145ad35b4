"""The page of a project's sources: what is scraped, how it went, when again."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_POST

from labeler.accounts.access import allow
from labeler.audit import audit_log
from labeler.labeling.models import Project
from labeler.operations import sources as kept
from pipeline.errors import InvalidInput
from pipeline.ports import StoreUnavailable


@require_GET
@allow("reviewer")
def sources(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, get_object_or_404(Project, slug=slug))


def _page(request: HttpRequest, project: Project, error: Exception | None = None) -> HttpResponse:
    context = {"here": "review", "project": project, "error": error, "given": request.POST, "sources": []}
    try:
        context["sources"] = kept.of_project(project)
    except StoreUnavailable as away:
        context["error"] = f"S3 is away: {away}"
    return render(request, "operations/sources.html", context, status=400 if error else 200)


@require_POST
@allow("admin")
def save(request: HttpRequest, slug: str) -> HttpResponse:
    """`do`: add, change, run."""
    project = get_object_or_404(Project, slug=slug)
    given, source = request.POST, request.POST.get("source", "")
    minutes = given.get("every_minutes", "")
    every = int(minutes) if minutes.isascii() and minutes.isdecimal() and len(minutes) < 9 else 0
    subject = f"source {source}"
    try:
        if given.get("do") == "add":
            made = kept.add(project, source, given.get("address", ""), every)
            audit_log.record(request.user, subject, "added", {}, made.to_json())
        elif given.get("do") == "change":
            before, after = kept.change(project, source, every, given.get("enabled") == "on")
            audit_log.record(request.user, subject, "changed", before.to_json(), after.to_json())
        elif given.get("do") == "run":
            kept.run_now(project, source)
            audit_log.record(request.user, subject, "run", {}, {"asked": True})
        else:
            raise InvalidInput("do", given.get("do", ""), "add, change, run")
    except (InvalidInput, StoreUnavailable) as error:
        return _page(request, project, error)
    return redirect("operations:sources", slug)
