"""Bulk actions: asked for on a form or for ticked posts, made by the worker, followed here."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from labeler.accounts.models import User
from labeler.labeling import commands
from labeler.labeling.models import Task
from labeler.records import RoleAdmin
from labeler.review import bulk
from labeler.review.models import BulkAction

MOST_TICKED = 5000


class BulkForm(forms.ModelForm):
    state = forms.ChoiceField(
        required=False, widget=UnfoldAdminSelectWidget, choices=[("", "any state"), *Task.State.choices]
    )
    source = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget, help_text="exactly; empty: any")
    language = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget, help_text="as `en`; empty: any")
    tasks = forms.CharField(required=False, widget=forms.HiddenInput)

    class Meta:
        model = BulkAction
        fields = ("project", "kind", "labeler", "reason")
        widgets = {
            "project": UnfoldAdminSelectWidget,
            "kind": UnfoldAdminSelectWidget,
            "labeler": UnfoldAdminSelectWidget,
            "reason": UnfoldAdminTextInputWidget,
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["labeler"].queryset = User.objects.filter(is_active=True).order_by("username")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("kind") == BulkAction.Kind.ASSIGN and not found.get("labeler"):
            self.add_error("labeler", "Choose whom the posts are for.")
        ticked = [int(one) for one in (found.get("tasks") or "").split(",") if one.isdecimal()]
        if len(ticked) > MOST_TICKED:
            self.add_error(None, f"Given {len(ticked)} posts, allowed: {MOST_TICKED}; use filters for more.")
        self.instance.chosen = ticked
        self.instance.filters = {name: found[name].strip() for name in bulk.FILTERS if found.get(name, "").strip()}
        return found


@admin.register(BulkAction)
class BulkAdmin(RoleAdmin):
    """An action is never edited; asking for the same again does no harm."""

    form = BulkForm
    list_display = ("kind", "project", "by", "at", "state", "seen", "changed", "reason")
    list_select_related = ("project", "by", "labeler")
    ordering = ("-pk",)
    fields = ("project", "kind", "labeler", "state", "source", "language", "reason", "tasks")
    shown = ("project", "kind", "labeler", "filters", "reason", "by", "at", "state", "position", "seen", "changed")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.shown if obj else ()

    def get_form(self, request: HttpRequest, obj: Any = None, **options: Any) -> Any:
        return forms.modelform_factory(BulkAction, fields=()) if obj else BulkForm

    def save_model(self, request: HttpRequest, obj: BulkAction, form: Any, change: bool) -> None:
        obj.by = request.user
        obj.save()
        commands.send("bulk")
