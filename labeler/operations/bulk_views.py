"""Takes a bulk action back: its opposite, for the posts that it changed and no other."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from labeler.accounts.access import allow
from labeler.operations import bulk
from labeler.operations.models import BulkAction
from labeler.worker import commands

MOST_REASON = 500


@require_POST
@allow("admin")
def undo(request: HttpRequest, action: int) -> HttpResponse:
    """With a `reason`. What is undone already, or can't be, is left, and that is said."""
    done = get_object_or_404(BulkAction, pk=action)
    reason, kind = request.POST.get("reason", "").strip(), bulk.OPPOSITES.get(done.kind)
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
