"""Changes of plan in admin: read by admins, made by the action on accounts."""

from django.contrib import admin
from django.http import HttpRequest

from labeler.admin_records import RoleAdmin
from labeler.audit import audit_log
from labeler.jobs import plans
from labeler.jobs.models import PlanChange


@admin.register(PlanChange)
class PlanChangeAdmin(RoleAdmin):
    """A new row is the new plan; rows are never edited."""

    read_role = "admin"
    list_display = ("user", "plan", "n", "by", "at", "told_at")
    list_filter = ("plan",)
    search_fields = ("=user__username", "user__email")
    autocomplete_fields = ("user",)
    fields = ("user", "plan")

    def has_change_permission(self, request: HttpRequest, obj: PlanChange | None = None) -> bool:
        return False

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and "admin" in request.user.roles

    def save_model(self, request: HttpRequest, obj: PlanChange, form: object, change: bool) -> None:
        before = plans.of(obj.user).plan
        made = plans.change(obj.user, obj.plan, by=request.user.get_username())
        obj.pk, obj.n = made.pk, made.n
        audit_log.record(request.user, f"user {obj.user.username}", "plan", {"plan": before}, {"plan": made.plan})
