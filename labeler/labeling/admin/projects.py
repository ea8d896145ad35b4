"""Projects in admin: each save is an event in S3, made by `projects.edit`."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from unfold.widgets import (
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
)

from labeler.labeling import projects
from labeler.labeling.models import Project, Task
from labeler.labeling.order import ORDERS
from labeler.labeling.spans import Refused
from labeler.records import RoleAdmin
from pipeline.ports import StoreUnavailable

EDITED = ("name", "guidelines", "redundancy", "order", "hidden_share")


class ProjectForm(forms.ModelForm):
    guidelines = forms.CharField(widget=UnfoldAdminTextareaWidget, required=False, strip=False, help_text="Markdown")
    redundancy = forms.IntegerField(
        widget=UnfoldAdminIntegerFieldWidget, help_text="independent annotations wanted for each post"
    )
    order = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget, choices=[(one, one) for one in ORDERS], help_text="which posts come first"
    )
    hidden_share = forms.FloatField(
        widget=UnfoldAdminDecimalFieldWidget,
        help_text="share of posts, 0 to 1, whose suggestions labelers don't see: it measures their influence",
    )

    class Meta:
        model = Project
        fields = ("name",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            settings = self.instance.settings
            self.initial |= {name: getattr(settings, name) for name in EDITED}

    def clean(self) -> dict[str, Any]:
        found = super().clean()
        if not self.errors:
            found["guidelines"] = found["guidelines"].replace("\r\n", "\n")
            try:
                projects.check(projects.changed(self.instance.settings, {name: found[name] for name in EDITED}))
            except Refused as error:
                self.add_error(error.field, str(error))
        return found


@admin.register(Project)
class ProjectAdmin(RoleAdmin):
    form = ProjectForm
    list_display = ("name", "slug", "redundancy", "order", "open_posts", "event")
    readonly_fields = ("slug", "labels", "tokenizer", "event")
    fields = ("slug", *EDITED, "labels", "tokenizer", "event")
    search_fields = ("name", "slug")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Project, form: ProjectForm, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in EDITED}
        try:
            # The form has set the new name on `obj` already.
            projects.edit(Project.objects.get(pk=obj.pk), changes, by=request.user.labeler_id)
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
