"""Projects in admin: each save is an event in S3, made by `projects.edit`."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from labeler.accounts.access import member
from labeler.admin_records import RoleAdmin
from labeler.generic_forms import ModelForm
from labeler.labeling import links, projects
from labeler.labeling.admin.project_form import GATES, NewProjectForm, ProjectForm
from labeler.labeling.links import Link
from labeler.labeling.models import Project, Task
from pipeline.ports import StoreUnavailable


@admin.register(Project)
class ProjectAdmin(RoleAdmin):
    list_display = ("name", "slug", "redundancy", "order", "open_posts", "event")
    ordering = ("name", "pk")
    readonly_fields = ("slug", "event", "further")
    search_fields = ("name", "slug")
    change_form_after_template = "labeling/admin/labels.html"
    fieldsets = (
        (None, {"fields": ("slug", "name", "event", "further")}),
        ("What labelers read", {"fields": ("guidelines",)}),
        ("Who labels, and how often", {"fields": ("members", "redundancy", "redundancy_share", "pass_agreed")}),
        (
            "Which posts come when",
            {"fields": ("order", "hidden_share", "gold_rate", "label_ended", "suggester", "tokenizer")},
        ),
        ("Which posts are let in", {"fields": GATES}),
    )

    class Media:
        css = {"all": ("labelmill/tokens.css", "labelmill/spans.css", "labelmill/admin.css", "labeling/admin.css")}
        js = ("labeling/preview.js",)

    def get_form(
        self, request: HttpRequest, obj: object = None, change: bool = False, **options: Any
    ) -> type[ModelForm[Project]]:
        if obj is None:
            return super().get_form(
                request, obj, change, **{**options, "form": NewProjectForm, "fields": ("name", "slug")}
            )
        if not self.has_change_permission(request, obj):
            return super().get_form(request, obj, change, **options)
        return ProjectForm

    def get_fieldsets(self, request: HttpRequest, obj: object = None) -> Any:
        if obj is None:
            return ((None, {"fields": ("name", "slug")}),)
        if not self.has_change_permission(request, obj):
            return ((None, {"fields": self.get_readonly_fields(request, obj)}),)
        return self.fieldsets

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> tuple[str, ...]:
        if obj is None:
            return ()
        if not self.has_change_permission(request, obj):
            return ("slug", "name", "event", "further", "redundancy", "order", "labels", "tokenizer")
        return self.readonly_fields

    def save_model(self, request: HttpRequest, obj: Project, form: Any, change: bool) -> None:
        by = member(request).labeler_id
        try:
            if not change:
                made, new = projects.create(obj.slug, obj.name, by)
                obj.__dict__.update(made.__dict__)
                if not new:
                    messages.warning(request, "There is a project of this slug already: this is it.")
                return
            before = Project.objects.get(pk=obj.pk)  # the form has set the new name on `obj` already
            kind = "tokenizer-changed" if "tokenizer" in form.changes else "edited"
            projects.edit(before, form.changes, by=by, kind=kind)
        except projects.Changed as error:
            messages.error(request, f"Nothing was saved, since somebody else saved first. {error}")
        except StoreUnavailable:
            messages.error(request, "S3 is away: what you see now is what was saved. Save again when it is back.")

    @admin.display(description="redundancy")
    def redundancy(self, project: Project) -> int:
        return project.settings.redundancy

    @admin.display(description="order")
    def order(self, project: Project) -> str:
        return project.settings.order

    @admin.display(description="open posts")
    def open_posts(self, project: Project) -> str:
        found = Task.objects.filter(project=project, state=Task.State.OPEN)[:10_001].count()
        return "over 10,000" if found > 10_000 else str(found)

    @admin.display(description="labels")
    def labels(self, project: Project) -> str:
        return ", ".join(f"{one.name} ({one.key})" if one.key else one.name for one in project.settings.labels)

    @admin.display(description="tokenizer")
    def tokenizer(self, project: Project) -> str:
        pinned = project.settings.tokenizer
        return f"{pinned.name} {pinned.version} ({pinned.sha256[:12]})"

    @admin.display(description="more")
    def further(self, project: Project) -> SafeString:
        own = Link("versions", "labeling:versions"), Link("change labels in use", "labeling:labels")
        pages = ((reverse(one.page, args=[project.slug]), one.title) for one in (*own, *links.of_project))
        return format_html_join(", ", '<a href="{}">{}</a>', pages)
