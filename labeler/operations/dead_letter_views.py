"""Moves what failed back to where it failed, from the dashboard."""

from itertools import islice

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from labeler.accounts.access import allow
from labeler.audit import audit_log
from labeler.operations import dashboard
from labeler.services import cloud
from pipeline.dead_letters import Filter, letters, move
from pipeline.ports import StoreUnavailable

MOST = 100  # a click; for more there is `python -m pipeline.redrive`


@require_POST
@allow("admin")
def redrive(request: HttpRequest, name: str) -> HttpResponse:
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
