"""Imports in admin: a file is checked by the worker, its report read row by row, and only then taken in."""

from typing import Any, cast
from urllib.parse import urlsplit

from csp.decorators import csp_update
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from labeler.accounts.access import member
from labeler.accounts.models import User
from labeler.admin_records import RoleAdmin
from labeler.datasets.admin.import_form import ImportForm, place_for_upload
from labeler.datasets.imports import report
from labeler.datasets.models import Import
from labeler.labeling.admin.filters import ProjectFilter
from labeler.numbers import read_number
from pipeline.ports import ObjectMissing

STATES = {
    Import.State.CHECK: "to be checked",
    Import.State.CHECKING: "being checked",
    Import.State.CHECKED: "checked, waits for you",
    Import.State.DROPPED: "dropped",
    Import.State.WAITING: "waiting for the worker",
    Import.State.RUNNING: "being taken in",
    Import.State.DONE: "taken in",
    Import.State.FAILED: "failed",
}
MOVING = (Import.State.CHECK, Import.State.CHECKING, Import.State.WAITING, Import.State.RUNNING)


@admin.register(Import)
class ImportAdmin(RoleAdmin):
    form = ImportForm
    add_form_template = "datasets/admin/import_add.html"
    list_display = ("name", "project", "form_name", "shown_state", "rows", "posts", "refused", "began_at")
    list_filter = (ProjectFilter, "state")
    list_select_related = ("project",)
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("project", "file", "form", "create", "uploaded", "uploaded_name")}),
        ("How it is read", {"fields": ("source", "language", "text_field", "label_field", "id_field", "offsets")}),
    )

    class Media:
        css = {
            "all": ("labelmill/tokens.css", "labelmill/admin.css", "operations/dashboard.css", "datasets/datasets.css")
        }

    @admin.display(description="format", ordering="form")
    def form_name(self, row: Import) -> str:
        return row.form

    @admin.display(description="state", ordering="state")
    def shown_state(self, row: Import) -> str:
        return STATES[Import.State(row.state)]

    @admin.display(description="posts")
    def posts(self, row: Import) -> int:
        return int(row.counts.get("posts", 0))

    @admin.display(description="refused")
    def refused(self, row: Import) -> int:
        return int(row.counts.get("rows refused", row.survey.get("refused", 0)))

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied("importing is for admins")
        place = place_for_upload(member(request).labeler_id)
        response: HttpResponse = super().add_view(request, form_url, {**(extra_context or {}), "place": place})
        if place:
            # This page alone may send to the posts bucket.
            to = urlsplit(place["url"])
            widened = csp_update({"connect-src": [f"{to.scheme}://{to.netloc}"]})(lambda _: response)(request)
            return cast(HttpResponse, widened)
        return response

    def save_model(self, request: HttpRequest, obj: Import, form: Any, change: bool) -> None:
        obj.__dict__.update(form.ask(member(request).labeler_id).__dict__)

    def response_add(self, request: HttpRequest, obj: Import, post_url_continue: str | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:datasets_import_change", args=[obj.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied("imports are for reviewers and admins")
        imported = self.get_object(request, object_id)
        if imported is None:
            raise Http404(f"there is no import {object_id}")
        kind = request.GET.get("rows", "")
        kind = kind if kind in (report.ALL, report.NOTED) else _most_telling(imported)
        pages = imported.survey.get(f"pages_{kind}", 0)
        number = min(max(read_number(request.GET.get("page", "")) or 1, 1), max(pages, 1))
        context = {
            "imported": imported,
            "state": STATES[Import.State(imported.state)],
            "moving": imported.state in MOVING,
            "checked": imported.state == Import.State.CHECKED,
            "tiles": _tiles(imported),
            "kind": kind,
            "noted": imported.survey.get("rows", 0) - imported.survey.get("taken", 0),
            "page": number,
            "pages": pages,
            "found": _rows(imported, kind, number - 1) if pages else [],
            "by": User.objects.filter(labeler_id=imported.by).values_list("username", flat=True).first() or imported.by,
            "may_change": self.has_change_permission(request),
        }
        shared = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": imported.name,
            "media": self.media,
        }
        return TemplateResponse(request, "datasets/admin/import.html", {**shared, **context})


def _most_telling(imported: Import) -> str:
    return report.NOTED if imported.survey.get(f"pages_{report.NOTED}") else report.ALL


def _rows(imported: Import, kind: str, number: int) -> list[dict[str, Any]] | None:
    """None: the report is kept for some weeks only."""
    try:
        return report.page(imported, kind, number)
    except ObjectMissing:
        return None


def _tiles(imported: Import) -> list[tuple[str, int]]:
    """Numbers with their names: of the dry run, or of what was done."""
    if imported.state in (Import.State.RUNNING, Import.State.DONE) or imported.counts:
        held = imported.counts
        names = {
            "rows": "rows read",
            "posts": "posts taken",
            "posts new": "new in the project",
            "posts repeated": "there already",
            "answers": "answers stored",
            "spans": "spans",
            "rows refused": "rows refused",
            "notes lost": "parts cut",
            "notes changed": "parts changed",
        }
    else:
        held = imported.survey
        names = {
            "rows": "rows read",
            "taken": "taken as they stand",
            "changed": "taken, with a change",
            "lost": "taken, with a part cut",
            "refused": "refused",
            "spans": "spans",
        }
    return [(words, held.get(name, 0)) for name, words in names.items()]
