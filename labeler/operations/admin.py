"""Bulk actions: asked for on a form or for ticked posts, made by the worker, followed here."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from labeler.accounts.access import member
from labeler.accounts.models import User
from labeler.adjudication.admin import ReviewedPostAdmin
from labeler.admin_records import RoleAdmin
from labeler.generic_forms import ModelForm
from labeler.labeling.models import Post, Task
from labeler.numbers import read_number
from labeler.operations import bulk
from labeler.operations.models import BulkAction
from labeler.worker import commands

MOST_TICKED = 5000
REFRESH_SECONDS = 2


class BulkForm(ModelForm[BulkAction]):
    state = forms.ChoiceField(
        required=False, widget=UnfoldAdminSelectWidget, choices=[("", "any state"), *Task.State.choices]
    )
    source = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget, help_text="exactly; empty: any")
    language = forms.CharField(required=False, widget=UnfoldAdminTextInputWidget, help_text="as en; empty: any")
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
        self.fields["labeler"].help_text = "whom posts are assigned to, or taken from; for nothing else"
        self.fields["reason"].help_text = "kept with each post"
        self.fields["labeler"].queryset = User.objects.filter(is_active=True).order_by("username")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        found: dict[str, Any] = super().clean() or {}
        if found.get("kind") == BulkAction.Kind.ASSIGN and not found.get("labeler"):
            self.add_error("labeler", "Choose whom the posts are for.")
        if found.get("labeler") and found.get("kind") not in (BulkAction.Kind.ASSIGN, BulkAction.Kind.UNASSIGN):
            self.add_error("labeler", f"Given for {found.get('kind')}, allowed: for assign and unassign alone.")
        given = map(read_number, (found.get("tasks") or "").split(","))
        ticked = [one for one in given if one is not None]
        if len(ticked) > MOST_TICKED:
            self.add_error(None, f"Given {len(ticked)} posts, allowed: {MOST_TICKED}; use filters for more.")
        self.instance.chosen = ticked
        self.instance.filters = {name: found[name].strip() for name in bulk.FILTERS if found.get(name, "").strip()}
        if found.get("kind") == BulkAction.Kind.DELETE and not ticked and not self.instance.filters:
            self.add_error("kind", "Given no filter and no ticked posts, allowed: one of them. Not all posts at once.")
        return found


admin.site.unregister(Post)


@admin.register(Post)
class BulkPostAdmin(ReviewedPostAdmin):
    """Ticked posts are changed by a bulk action."""

    actions = ("change_in_bulk",)

    @admin.action(description="Assign, close, reopen, delete or restore", permissions=["write"])
    def change_in_bulk(self, request: HttpRequest, queryset: QuerySet[Post]) -> HttpResponse:
        """Goes to the form of bulk actions with the ticked posts."""
        rows = list(queryset.order_by("pk").values_list("project", "task"))
        query = {"project": rows[0][0] if rows else "", "tasks": ",".join(str(task) for _, task in rows)}
        return redirect(f"{reverse('admin:operations_bulkaction_add')}?{urlencode(query)}")

    def has_write_permission(self, request: HttpRequest) -> bool:
        return self.write_role in member(request).roles


@admin.register(BulkAction)
class BulkAdmin(RoleAdmin):
    """An action is never edited; asking for the same again does no harm."""

    form = BulkForm
    list_display = ("kind", "project", "by", "at", "state", "seen", "changed", "reason")
    list_select_related = ("project", "by", "labeler", "undoes")
    change_form_outer_before_template = "operations/admin/bulk.html"
    ordering = ("-pk",)
    fields = ("project", "kind", "labeler", "state", "source", "language", "reason", "tasks")
    shown = (
        *("project", "kind", "posts", "labeler", "reason", "by", "at", "state", "seen", "changed", "undoes", "undone"),
    )

    def has_change_permission(self, request: HttpRequest, obj: object = None) -> bool:
        return obj is None and super().has_change_permission(request, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return super().has_change_permission(request)

    def get_fields(self, request: HttpRequest, obj: object = None) -> Any:
        return self.shown if obj else self.fields

    def get_readonly_fields(self, request: HttpRequest, obj: object = None) -> tuple[str, ...]:
        return self.shown if obj else ()

    def get_form(
        self, request: HttpRequest, obj: object = None, change: bool = False, **options: Any
    ) -> type[ModelForm[BulkAction]]:
        return forms.modelform_factory(BulkAction, fields=()) if obj else BulkForm

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Comes anew by itself while the worker is at it."""
        row = BulkAction.objects.filter(pk=read_number(object_id) or 0).first()
        waits = row is not None and row.state == BulkAction.State.WAITING
        undo = row and row.changed and not waits and self.has_add_permission(request)
        back = bulk.OPPOSITES.get(BulkAction.Kind(row.kind)) if row and undo and not row.undone_by.exists() else None
        more = {**(extra_context or {}), "action": row, "back": back, "waits": waits}
        response: HttpResponse = super().change_view(request, object_id, form_url, more)
        if waits:
            response["Refresh"] = str(REFRESH_SECONDS)
        return response

    @admin.display(description="posts")
    def posts(self, row: BulkAction) -> str:
        if row.undoes:
            return f"those that action {row.undoes_id} changed"
        if row.chosen:
            return f"{len(row.chosen)} that were ticked"
        return ", ".join(f"{name} {value}" for name, value in row.filters.items()) or "all of the project"

    @admin.display(description="undone by")
    def undone(self, row: BulkAction) -> str:
        return ", ".join(str(one) for one in row.undone_by.order_by("pk")) or "nothing"

    def save_model(self, request: HttpRequest, obj: BulkAction, form: object, change: bool) -> None:
        obj.by = member(request)
        obj.save()
        commands.send("bulk")
