"""Releases in admin: asked for on a form, built by the worker, followed and downloaded here."""

from collections import Counter
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from labeler.accounts.access import member
from labeler.accounts.models import User
from labeler.admin_records import RoleAdmin
from labeler.datasets.admin.release_form import ReleaseForm
from labeler.datasets.models import Release
from labeler.labeling.admin.filters import ProjectFilter
from pipeline.formats.catalog import FORMATS
from pipeline.schema import Json

MOVING = (Release.State.WAITING, Release.State.RUNNING)


@admin.register(Release)
class ReleaseAdmin(RoleAdmin):
    form = ReleaseForm
    add_form_template = "datasets/admin/release_add.html"
    list_display = ("version_name", "project", "state", "posts", "licence", "began_at")
    list_filter = (ProjectFilter, "state")
    list_select_related = ("project",)
    ordering = ("-pk",)
    fieldsets = (
        (None, {"fields": ("project", "licence", "formats", "unit")}),
        ("Which posts", {"fields": ("gold", "languages", "sources")}),
        ("Splits", {"fields": ("shares", "seed")}),
    )

    class Media:
        css = {
            "all": ("labelmill/tokens.css", "labelmill/admin.css", "operations/dashboard.css", "datasets/datasets.css")
        }

    @admin.display(description="version", ordering="version")
    def version_name(self, row: Release) -> str:
        return f"v{row.version}"

    @admin.display(description="posts")
    def posts(self, row: Release) -> int:
        return int(row.manifest.get("posts", 0))

    @admin.display(description="licence")
    def licence(self, row: Release) -> str:
        return str(row.options.get("licence", ""))

    def get_changeform_initial_data(self, request: HttpRequest) -> Json:
        return {"project": request.GET.get("project")}

    def save_form(self, request: HttpRequest, form: Any, change: bool) -> Release:
        form.save(commit=False)
        made: Release = form.ask(member(request).labeler_id)
        return made

    def save_model(self, request: HttpRequest, obj: Release, form: Any, change: bool) -> None:
        """It was saved when it was asked for."""

    def response_add(self, request: HttpRequest, obj: Release, post_url_continue: str | None = None) -> HttpResponse:
        return HttpResponseRedirect(reverse("admin:datasets_release_change", args=[obj.pk]))

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Json | None = None
    ) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied("releases are for reviewers and admins")
        row = self.get_object(request, object_id)
        if row is None:
            raise Http404(f"there is no release {object_id}")
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": f"{row.project} v{row.version}",
            "media": self.media,
            "row": row,
            "moving": row.state in MOVING,
            "published": row.state == Release.State.PUBLISHED,
            "by": User.objects.filter(labeler_id=row.by).values_list("username", flat=True).first() or row.by,
            "splits": _splits(row.manifest),
            "labels": _labels(row.manifest),
            "formats": _formats(row.manifest),
            "filters": _filters(row.options.get("filters", {})),
        }
        return TemplateResponse(request, "datasets/admin/release.html", context)


def _filters(given: Json) -> list[str]:
    """Those that leave posts out, in words."""
    held = [f"{name} {', '.join(given[name])}" for name in ("languages", "sources") if given.get(name)]
    return [*held, "decided answers only"] if given.get("gold") else held


def _splits(manifest: Json) -> Json:
    """In the order in which their shares were asked for."""
    held, order = manifest.get("splits", {}), list(manifest.get("shares", {}))
    return dict(sorted(held.items(), key=lambda one: order.index(one[0]) if one[0] in order else len(order)))


def _labels(manifest: Json) -> list[Json]:
    """Spans of each label in all and by split, the most frequent first; `share`: of the most frequent one's, in %."""
    splits = _splits(manifest)
    total: Counter[str] = Counter()
    for one in splits.values():
        total.update(one["labels"])
    most = max(total.values(), default=1)
    return [
        {
            "name": name,
            "spans": count,
            "share": round(100 * count / most),
            "splits": [one["labels"].get(name, 0) for one in splits.values()],
        }
        for name, count in total.most_common()
    ]


def _formats(manifest: Json) -> list[Json]:
    """The files by format."""
    found: dict[str, list[Json]] = {}
    for file in manifest.get("files", ()):
        found.setdefault(file["format"], []).append(file)
    return [
        {
            "title": FORMATS[name].title if name in FORMATS else name,
            "files": files,
            "bytes": sum(one["bytes"] for one in files),
            "dropped": sum(one["dropped"] for one in files),
        }
        for name, files in found.items()
    ]
