"""What the admin's pages of imports and releases lead to: decisions on a checked file, reports, files."""

from collections.abc import Iterator

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from labeler.accounts.access import allow
from labeler.datasets.imports import report
from labeler.datasets.models import Import, Release
from labeler.datasets.releases import published
from labeler.services import cloud
from labeler.worker import commands
from pipeline.ports import ObjectMissing

# The card is a page of its own, made of a project's words: nothing in it may run or load.
CARD_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
DECISIONS = {"take": Import.State.WAITING, "drop": Import.State.DROPPED}


@require_POST
@allow("admin")
def decide_import(request: HttpRequest, imported: int) -> HttpResponse:
    """Takes a checked file in, or drops it. Asked twice it is done once."""
    found = get_object_or_404(Import, pk=imported)
    decided = DECISIONS.get(request.POST.get("do", ""))
    checked = Import.objects.filter(pk=found.pk, state=Import.State.CHECKED)
    if decided is None or not checked.update(state=decided):
        messages.error(request, "Nothing was done: the import is not, or no longer, waiting for a decision.")
    elif decided == Import.State.WAITING:
        commands.send("import")
    return redirect("admin:datasets_import_change", found.pk)


@require_GET
@allow("reviewer")
def import_report(request: HttpRequest, imported: int) -> StreamingHttpResponse:
    """Rows that are not taken as they stand, as JSON lines."""
    found = get_object_or_404(Import, pk=imported)
    lines = report.lines(found)
    try:
        first = next(lines, b"")
    except ObjectMissing:
        raise Http404("the report has expired") from None

    def body() -> Iterator[bytes]:
        yield first
        yield from lines

    return StreamingHttpResponse(
        body(),
        content_type="application/x-ndjson",
        headers={"Content-Disposition": f'attachment; filename="import-{found.pk}-report.jsonl"'},
    )


@require_GET
@allow("reviewer")
def release_file(request: HttpRequest, release: int, path: str) -> HttpResponseBase:
    row = get_object_or_404(Release.objects.select_related("project"), pk=release)
    try:
        return published.answer(row, path)
    except published.NoFile as error:
        raise Http404(str(error)) from None


@require_GET
@allow("reviewer")
def release_card(request: HttpRequest, release: int) -> HttpResponse:
    """The data card as a page."""
    row = get_object_or_404(Release.objects.select_related("project"), pk=release, state=Release.State.PUBLISHED)
    try:
        body = cloud().releases.get(f"{row.prefix}card.html").body
    except ObjectMissing:
        raise Http404("the release has no card") from None
    return HttpResponse(body, headers={"Content-Security-Policy": CARD_POLICY})
