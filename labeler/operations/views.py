"""The pages of a project's sources, of bulk actions taken back, and of failed messages moved back."""

from collections.abc import Mapping
from itertools import islice
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from labeler.accounts.access import MemberRequest, allow
from labeler.audit import audit_log
from labeler.labeling.models import Project
from labeler.numbers import read_number
from labeler.operations import bulk, dashboard
from labeler.operations import sources as kept
from labeler.operations.models import BulkAction
from labeler.services import cloud
from labeler.worker import commands
from pipeline.dead_letters import Filter, letters, move
from pipeline.errors import InvalidInput
from pipeline.ports import StoreUnavailable


@require_GET
@allow("reviewer")
def sources(request: MemberRequest, slug: str) -> HttpResponse:
    return _page(request, get_object_or_404(Project, slug=slug))


def _page(request: MemberRequest, project: Project, error: Exception | None = None) -> HttpResponse:
    given: Mapping[str, Any] = request.POST
    context: dict[str, Any] = {"here": "review", "project": project, "error": error, "sources": []}
    try:
        context["sources"] = kept.of_project(project)
        context["contact"] = kept.read_contact()
        if trial := kept.read_trial(project, request.GET.get("trial", "")):
            context["trial"] = trial
            given = {"do": "add", "source": request.GET.get("source", ""), "address": trial.suggested or trial.address}
    except StoreUnavailable as away:
        context["error"] = f"S3 is away: {away}"
    context["given"] = given
    return render(request, "operations/sources.html", context, status=400 if error else 200)


@require_POST
@allow("admin")
def save(request: MemberRequest, slug: str) -> HttpResponse:
    """`do`: try, add, change, run."""
    project = get_object_or_404(Project, slug=slug)
    given, source = request.POST, request.POST.get("source", "")
    every = read_number(given.get("every_minutes", "")) or 0
    subject = f"source {source}"
    try:
        if given.get("do") in ("try", "add") and given.get("contact", "").strip():
            kept.keep_contact(given["contact"])
            audit_log.record(request.user, "contact of the scraper", "changed", {}, {"contact": given["contact"]})
        if given.get("do") == "try":
            asked = kept.try_out(project, given.get("address", ""))
            more = urlencode({"trial": asked.trial, "source": source})
            return redirect(f"{reverse('operations:sources', args=[slug])}?{more}#add")
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
            raise InvalidInput("do", given.get("do", ""), "try, add, change, run")
    except (InvalidInput, StoreUnavailable) as error:
        return _page(request, project, error)
    return redirect("operations:sources", slug)


MOST_REASON = 500


@require_POST
@allow("admin")
def undo(request: MemberRequest, action: int) -> HttpResponse:
    """With a `reason`. What is undone already, or can't be, is left, and that is said."""
    done = get_object_or_404(BulkAction, pk=action)
    reason, kind = request.POST.get("reason", "").strip(), bulk.OPPOSITES.get(BulkAction.Kind(done.kind))
    if not reason or len(reason) > MOST_REASON:
        messages.error(request, f"reason: given {len(reason)} characters, allowed: 1 to {MOST_REASON}")
    elif kind is None or done.state != BulkAction.State.DONE or done.undone_by.exists():
        messages.error(request, "This action cannot be undone: it is not done yet, undone already, or of another kind.")
    else:
        made = BulkAction.objects.create(
            project=done.project, kind=kind, labeler=done.labeler, reason=reason, by=request.user, undoes=done
        )
        commands.send("bulk")
        return redirect("admin:operations_bulkaction_change", made.pk)
    return redirect("admin:operations_bulkaction_change", done.pk)


MOST = 100  # a click; for more there is `python -m pipeline.redrive`


@require_POST
@allow("admin")
def redrive(request: MemberRequest, name: str) -> HttpResponse:
    found = cloud().dead_letters.get(name)
    if found is None:
        raise Http404(f"no queue {name}")
    dead, live = found
    moved = 0
    try:
        for letter in islice(letters(dead, cloud().posts, Filter()), MOST):
            moved += move(letter, dead, live)
    except StoreUnavailable as error:
        messages.error(request, f"AWS is away: {error}")
    dashboard.forget()
    audit_log.record(request.user, f"queue {name}", "moved back", {}, {"messages": moved})
    messages.success(request, f"{moved} messages were moved back from {name}.")
    return redirect("admin:index")
